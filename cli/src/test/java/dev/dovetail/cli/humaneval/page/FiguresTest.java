package dev.dovetail.cli.humaneval.page;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FiguresTest {
  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "0.0001, under 0.001",
    "0.011, 0.011",
    "0.5, 0.50",
    "9.994, 9.99",
    "9.996, 10.0",
    "99.96, 100",
    "12345.6, 12346",
    "-3.14159, -3.14"
  })
  void threeDigitsSayEnough(double value, String written) {
    assertThat(Figures.of(value)).isEqualTo(written);
  }

  @ParameterizedTest
  @CsvSource({"1, 1.00", "1.004, 1.004", "0.996, 0.996", "1.534, 1.53", "0.5, 0.50"})
  void aRatioSaysOnWhichSideOfOneItIs(double value, String written) {
    assertThat(Figures.ratio(value)).isEqualTo(written);
  }

  @Test
  void whatIsNotANumberIsNotKnown() {
    ObjectNode node = new ObjectMapper().createObjectNode();
    node.put("nan", Double.NaN).put("endless", Double.POSITIVE_INFINITY).putNull("none");
    node.put("text", "1");

    for (String field : List.of("nan", "endless", "none", "text", "missing")) {
      assertThat(Figures.at(node, field)).as(field).isEmpty();
    }
    assertThat(Figures.at(node.put("one", 1), "one")).hasValue(1);
  }

  @Test
  void sizesHaveUnits() {
    assertThat(Figures.bytes(98_362_432)).isEqualTo("93.8 MiB");
    assertThat(Figures.bytes(700_000_000)).isEqualTo("668 MiB");
    assertThat(Figures.bytes(25e9)).isEqualTo("23.28 GiB");
  }

  @ParameterizedTest
  @CsvSource({"0, 1, 5", "0.93, 1.07, 5", "1, 1, 5", "0, 0, 3", "0, 21.3, 6", "-2, 340, 4"})
  void anAxisHoldsItsValuesBetweenRoundTicks(double low, double high, int ticks) {
    Axis axis = Axis.around(low, high, ticks, 10, 110);

    assertThat(axis.low()).isLessThanOrEqualTo(low);
    assertThat(axis.high()).isGreaterThanOrEqualTo(high).isGreaterThan(axis.low());
    assertThat(axis.ticks()).hasSizeBetween(2, ticks + 3);
    assertThat(axis.at(axis.low())).isEqualTo(10);
    assertThat(axis.at(axis.high())).isEqualTo(110);
    assertThat(axis.ticks().stream().map(axis::label)).doesNotHaveDuplicates();
  }
}
