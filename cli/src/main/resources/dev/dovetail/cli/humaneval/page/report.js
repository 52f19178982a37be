// Sorts the table of problems by a column; a second time the other way round.
document.querySelectorAll('table.problems').forEach(function (table) {
  var body = table.tBodies[0];
  var titles = table.querySelectorAll('th[data-column]');
  function compare(a, b) {
    var difference = parseFloat(a) - parseFloat(b);
    return isNaN(difference) ? a.localeCompare(b, 'en', { numeric: true }) : difference;
  }
  function sort(title) {
    var column = Number(title.dataset.column);
    var sign = title.getAttribute('aria-sort') === 'ascending' ? -1 : 1;
    var rows = Array.from(body.rows).map(function (row) {
      return { row: row, text: row.cells[column].textContent };
    });
    rows.sort(function (a, b) {
      // What is not known comes last, whichever way.
      var unknown = (a.text === '–') - (b.text === '–');
      return unknown || sign * compare(a.text, b.text);
    });
    rows.forEach(function (entry) { body.append(entry.row); });
    titles.forEach(function (other) { other.removeAttribute('aria-sort'); });
    title.setAttribute('aria-sort', sign === 1 ? 'ascending' : 'descending');
  }
  titles.forEach(function (title) {
    title.tabIndex = 0;
    title.addEventListener('click', function () { sort(title); });
    title.addEventListener('keydown', function (event) {
      if (event.key === 'Enter') { sort(title); }
    });
  });
});
