package dev.dovetail.gpu.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.dovetail.gpu.driver.GpuDriver.Stream;
import dev.dovetail.gpu.driver.GpuException.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class TimeLimitedDriverTest {
  private static final Duration SHORT = Duration.ofMillis(20);

  private final FakeGpuDriver fake = new FakeGpuDriver();
  private final List<GpuException> told = new ArrayList<>();

  @Test
  void callsArePassedOn() {
    GpuDriver driver = new TimeLimitedDriver(fake, SHORT, told::add);
    Map<String, Consumer<GpuDriver>> working = DriverCallList.working();
    Map<String, Consumer<GpuDriver>> releasing = DriverCallList.releasing();
    working.values().forEach(call -> call.accept(driver));
    releasing.values().forEach(call -> call.accept(driver));
    assertThat(fake.asked)
        .containsExactlyElementsOf(
            java.util.stream.Stream.of(working, releasing)
                .map(Map::keySet)
                .flatMap(Collection::stream)
                .toList());
    assertThat(driver.name()).isEqualTo("Fake");
    driver.close();
    assertThat(fake.closed.getCount()).isZero();
  }

  @Test
  void waitingEndsWithTheWork() {
    fake.unanswered = 3;
    GpuDriver driver = new TimeLimitedDriver(fake, Duration.ofSeconds(50), told::add);
    driver.synchronize(Stream.COPY);
    driver.synchronize(Stream.COMPUTE);
    assertThat(fake.unanswered).isZero();
    assertThat(fake.asked).containsExactly("newEvent", "record COPY", "record COMPUTE");
  }

  @Test
  void aGpuThatDoesNotAnswerIsGivenUp() {
    fake.unanswered = -1;
    fake.closing = new CountDownLatch(1);
    GpuDriver driver = new TimeLimitedDriver(fake, SHORT, told::add);
    GpuException first = failure(driver, d -> d.synchronize(Stream.COMPUTE));
    assertThat(first.kind()).isEqualTo(Kind.TIMED_OUT);
    assertThat(first)
        .hasMessage(
            "Fake did not finish its work within 20 ms (dovetail.gpu.timeoutMs changes the limit)");
    keepsAway(driver, first);
    assertThat(told).containsExactly(first);
    driver.close();
    assertThat(fake.closed.getCount()).as("the driver hangs in close").isEqualTo(1);
    fake.closing.countDown();
  }

  @Test
  void closingGivesUpToo() throws InterruptedException {
    fake.unanswered = -1;
    GpuDriver driver = new TimeLimitedDriver(fake, SHORT, told::add);
    assertThatCode(driver::close).doesNotThrowAnyException();
    assertThat(fake.closed.await(50, TimeUnit.SECONDS)).as("closed in the background").isTrue();
  }

  @Test
  void aLostGpuIsNotAskedAgain() throws InterruptedException {
    GpuDriver lost = new FailingDriver(fake, 1, Kind.LOST);
    GpuDriver driver = new TimeLimitedDriver(lost, SHORT, told::add);
    GpuException first = failure(driver, d -> d.allocate(5));
    assertThat(first.kind()).isEqualTo(Kind.LOST);
    keepsAway(driver, first);
    assertThat(told).containsExactly(first);
    driver.close();
    assertThat(fake.closed.await(50, TimeUnit.SECONDS)).as("closed").isTrue();
  }

  @Test
  void aGpuThatIsLostAtWorkInALaunchIsNotAskedAgain() {
    DriverCallList.working()
        .forEach((name, call) -> {
          FakeGpuDriver untouched = new FakeGpuDriver();
          GpuDriver driver =
              new TimeLimitedDriver(new FailingDriver(untouched, 1, Kind.LOST), SHORT, told::add);
          GpuException first = failure(driver, call);
          assertThat(first.kind()).as(name).isEqualTo(Kind.LOST);
          GpuException second = failure(driver, GpuDriver::freeBytes);
          assertThat(second).as(name).hasCause(first);
          assertThat(untouched.asked).as(name).isEmpty();
        });
  }

  @Test
  void aGpuThatIsLostWhileFreeingFailsAtTheNextWork() {
    DriverCallList.releasing()
        .forEach((name, call) -> {
          GpuDriver driver =
              new TimeLimitedDriver(
                  new FailingDriver(new FakeGpuDriver(), 1, Kind.LOST), SHORT, told::add);
          assertThatCode(() -> call.accept(driver)).as(name).doesNotThrowAnyException();
          assertThat(failure(driver, GpuDriver::freeBytes).kind()).as(name).isEqualTo(Kind.LOST);
        });
  }

  @ParameterizedTest
  @EnumSource(names = {"OUT_OF_MEMORY", "REFUSED"})
  void afterOtherFailuresWorkGoesOn(Kind kind) {
    GpuDriver driver = new TimeLimitedDriver(new FailingDriver(fake, 1, kind), SHORT, told::add);
    assertThat(failure(driver, d -> d.allocate(5)).kind()).isEqualTo(kind);
    assertThat(driver.allocate(5)).isEqualTo(256);
    driver.close();
    assertThat(fake.closed.getCount()).isZero();
    assertThat(told).isEmpty();
  }

  @Test
  void whatIsRefusedWhileFreeingIsSaid() {
    GpuDriver driver =
        new TimeLimitedDriver(new FailingDriver(fake, 1, Kind.REFUSED), SHORT, told::add);
    assertThat(failure(driver, d -> d.free(9)).kind()).isEqualTo(Kind.REFUSED);
  }

  @Test
  void theLimitIsASystemProperty() {
    assertThat(TimeLimitedDriver.timeout(null)).isEqualTo(Duration.ofSeconds(10));
    assertThat(TimeLimitedDriver.timeout("250")).isEqualTo(Duration.ofMillis(250));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "0", "-3", "10s"})
  void aWrongLimitIsNamed(String value) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TimeLimitedDriver.timeout(value))
        .withMessage("dovetail.gpu.timeoutMs is '" + value + "': give milliseconds, 1 or more");
  }

  /** Nothing but names reaches the driver, and nothing waits. */
  private void keepsAway(GpuDriver driver, GpuException first) {
    fake.asked.clear();
    Map<String, Consumer<GpuDriver>> working = DriverCallList.working();
    working.put("synchronize", d -> d.synchronize(Stream.COPY));
    working.put("done", d -> d.done(new GpuDriver.Event() {}));
    working.forEach((name, call) -> {
      GpuException later = failure(driver, call);
      assertThat(later.kind()).as(name).isEqualTo(first.kind());
      assertThat(later).as(name).hasCause(first).hasMessageContaining(first.getMessage());
    });
    DriverCallList.releasing()
        .forEach((name, call) ->
            assertThatCode(() -> call.accept(driver)).as(name).doesNotThrowAnyException());
    assertThat(fake.asked).isEmpty();
  }

  private static GpuException failure(GpuDriver driver, Consumer<GpuDriver> call) {
    GpuException failure = catchThrowableOfType(GpuException.class, () -> call.accept(driver));
    assertThat(failure).as("an exception").isNotNull();
    return failure;
  }
}
