package dev.dovetail.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class CpuTopologyTest {
  @TempDir private Path root;

  private void file(String path, String text) throws IOException {
    Path file = root.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text + "\n");
  }

  private void allow(String list) throws IOException {
    file("proc/self/status", "Name:\tjava\nCpus_allowed:\tff\nCpus_allowed_list:\t" + list);
  }

  private void siblings(int cpu, String name, String list) throws IOException {
    file("sys/devices/system/cpu/cpu" + cpu + "/topology/" + name, list);
  }

  private int threads(int available) {
    return new CpuTopology(root).threads(available);
  }

  @Test
  void oneThreadForEachPhysicalCore() throws IOException {
    allow("0-15");
    for (int cpu = 0; cpu < 16; cpu++) {
      siblings(cpu, "core_cpus_list", cpu % 8 + "," + (cpu % 8 + 8));
    }
    assertThat(threads(16)).isEqualTo(8);
  }

  @Test
  void oldKernelsNameTheListOtherwise() throws IOException {
    allow("0-3");
    for (int cpu = 0; cpu < 4; cpu++) {
      siblings(cpu, "thread_siblings_list", cpu / 2 * 2 + "-" + (cpu / 2 * 2 + 1));
    }
    assertThat(threads(4)).isEqualTo(2);
  }

  @Test
  void performanceCoresOnlyOfAHybrid() throws IOException {
    allow("0-15");
    file("sys/devices/cpu_core/cpus", "0-7");
    file("sys/devices/cpu_atom/cpus", "8-15");
    for (int cpu = 0; cpu < 16; cpu++) {
      siblings(cpu, "core_cpus_list", cpu < 8 ? cpu / 2 * 2 + "-" + (cpu / 2 * 2 + 1) : "" + cpu);
    }
    assertThat(threads(16)).isEqualTo(4);
    allow("2-3,8-15");
    assertThat(threads(10)).as("restricted to one performance core").isEqualTo(1);
    allow("8-15");
    assertThat(threads(8)).as("restricted to the others").isEqualTo(8);
  }

  @Test
  void highestCapacityOnArm() throws IOException {
    allow("0-7");
    for (int cpu = 0; cpu < 8; cpu++) {
      file("sys/devices/system/cpu/cpu" + cpu + "/cpu_capacity", cpu < 4 ? "446" : "1024");
    }
    assertThat(threads(8)).isEqualTo(4);
  }

  @Test
  void neverMoreThanTheQuota() throws IOException {
    allow("0-31");
    assertThat(threads(3)).isEqualTo(3);
  }

  @Test
  void withoutAnyFileWhatTheJvmSays() {
    assertThat(threads(6)).isEqualTo(6);
    assertThat(threads(0)).isEqualTo(1);
  }

  @Test
  void damagedFilesCountForNothing() throws IOException {
    allow("garbage");
    assertThat(threads(5)).isEqualTo(5);
    allow("0-3");
    file("sys/devices/cpu_core/cpus", "7-1,x,99999999999");
    siblings(0, "core_cpus_list", "??");
    file("sys/devices/system/cpu/cpu1/cpu_capacity", "many");
    assertThat(threads(4)).isEqualTo(4);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0-3,8 | {0, 1, 2, 3, 8}",
        "5 | {5}",
        "'' | {}",
        "3-1 | {}",
        "-2 | {}",
        "1-2-3 | {}",
        " 1 , 2 | {1, 2}",
        "0-999999999 | {}"
      })
  void parsesLists(String list, String expected) {
    assertThat(CpuTopology.parseList(list)).hasToString(expected);
  }

  @Test
  void thisMachineHasAtLeastOneThread() {
    assertThat(CpuTopology.defaultThreads())
        .isBetween(1, Runtime.getRuntime().availableProcessors());
  }
}
