package dev.dovetail.gpu.driver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dovetail.gpu.driver.GpuException.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FailingDriverTest {
  private static final List<Consumer<GpuDriver>> CALLS = new ArrayList<>();

  static {
    CALLS.addAll(DriverCallList.working().values());
    CALLS.addAll(DriverCallList.releasing().values());
  }

  @Test
  void withoutAFaultAllIsPassedOnAndCounted() {
    FakeGpuDriver fake = new FakeGpuDriver();
    FailingDriver driver = new FailingDriver(fake, 0, Kind.LOST);
    CALLS.forEach(call -> call.accept(driver));
    assertThat(driver.calls()).isEqualTo(CALLS.size());
    assertThat(fake.asked).hasSize(CALLS.size());
  }

  @ParameterizedTest
  @EnumSource
  void eachCallCanFail(Kind kind) {
    boolean sticky = kind == Kind.LOST || kind == Kind.TIMED_OUT;
    for (int k = 1; k <= CALLS.size(); k++) {
      FakeGpuDriver fake = new FakeGpuDriver();
      FailingDriver driver = new FailingDriver(fake, k, kind);
      int failures = 0;
      int givenUp = 0;
      for (Consumer<GpuDriver> call : CALLS) {
        try {
          call.accept(driver);
        } catch (GpuException e) {
          assertThat(e.kind()).isEqualTo(kind);
          failures++;
          // What was recorded is taken from the driver and freed.
          givenUp +=
              e.getMessage().endsWith("endCapture") && fake.asked.contains("beginCapture COMPUTE")
                  ? 2
                  : 0;
        }
      }
      assertThat(failures).as("at call %d", k).isEqualTo(sticky ? CALLS.size() - k + 1 : 1);
      assertThat(fake.asked).as("at call %d", k).hasSize(CALLS.size() - failures + givenUp);
      driver.close();
      assertThat(fake.closed.getCount()).isZero();
    }
  }
}
