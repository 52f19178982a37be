package dev.dovetail.cli.markup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import org.junit.jupiter.api.Test;

class MarkupTest {
  @Test
  void elementsNest() {
    Markup html = new Markup();
    html.open("p", "class", "a", "id", null).text("1").leaf("br").element("b", "2").close();

    assertThat(html.finish()).isEqualTo("<p class=\"a\">1<br/><b>2</b></p>");
  }

  @Test
  void textsAndValuesAreEscaped() {
    String nasty = "<a href='x'>&amp;\"";
    String escaped = "&lt;a href='x'&gt;&amp;amp;&quot;";

    assertThat(new Markup().element("p", nasty, "title", nasty).finish())
        .isEqualTo("<p title=\"" + escaped + "\">" + escaped + "</p>");
  }

  @Test
  void charactersThatXmlHasNoPlaceForAreReplaced() {
    assertThat(new Markup().text("a\u0000\u001b\ud800\uffffb\t😀").finish())
        .isEqualTo("a\ufffd\ufffd\ufffd\ufffdb\t😀");
  }

  @Test
  void anOpenElementIsAMistake() {
    assertThatIllegalStateException()
        .isThrownBy(() -> new Markup().open("table").finish())
        .withMessageContaining("table");
  }

  @Test
  void verbatimTextsHaveNoMarkup() {
    assertThat(new Markup().verbatim("a > b").finish()).isEqualTo("a > b");
    assertThatIllegalArgumentException().isThrownBy(() -> new Markup().verbatim("a</style>"));
    assertThatIllegalArgumentException().isThrownBy(() -> new Markup().verbatim("a && b"));
  }

  @Test
  void coordinatesAreShort() {
    assertThat(Svg.number(12)).isEqualTo("12");
    assertThat(Svg.number(12.34)).isEqualTo("12.3");
    assertThat(Svg.number(-0.04)).isEqualTo("0");
  }
}
