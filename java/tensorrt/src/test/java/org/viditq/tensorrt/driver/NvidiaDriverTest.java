package org.viditq.tensorrt.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.viditq.core.error.BackendException;

class NvidiaDriverTest {
  private Fake driver;

  @BeforeEach
  void whole() {
    driver = new Fake();
  }

  /** A driver with an H200, of which a test breaks one thing. */
  private static final class Fake implements DriverCalls {
    final Set<String> missing = new HashSet<>();
    final List<String> calls = new ArrayList<>();
    int initStatus;
    int version = 13000;
    int devices = 1;
    int memoryStatus;

    @Override
    public void load(String library) {
      calls.add("load " + library);
      if (missing.contains(library)) {
        throw new UnsatisfiedLinkError(library);
      }
    }

    @Override
    public boolean defines(String function) {
      return !missing.contains(function);
    }

    @Override
    public int init() {
      calls.add("init");
      return initStatus;
    }

    @Override
    public int version(int[] value) {
      calls.add("version");
      value[0] = version;
      return 0;
    }

    @Override
    public int count(int[] count) {
      calls.add("count");
      count[0] = devices;
      return 0;
    }

    @Override
    public int name(byte[] name, int device) {
      byte[] text = "NVIDIA H200".getBytes(StandardCharsets.UTF_8);
      System.arraycopy(text, 0, name, 0, text.length);
      return 0;
    }

    @Override
    public int attribute(int[] value, int attribute, int device) {
      value[0] = attribute == 75 ? 9 : 0;
      return 0;
    }

    @Override
    public int memory(long[] freeAndTotal, int device) {
      freeAndTotal[0] = 100;
      freeAndTotal[1] = 200;
      return memoryStatus;
    }
  }

  private void assertRefused(String... words) {
    assertThatThrownBy(() -> NvidiaDriver.require(driver, "580.65.06"))
        .isInstanceOf(BackendException.class)
        .hasMessageContainingAll(words)
        .hasMessageMatching("[^\n]*\\.");
  }

  @Test
  void tellsItsDevice() {
    assertThat(NvidiaDriver.require(driver, "580.65.06"))
        .isEqualTo(new NvidiaDriver("580.65.06", "NVIDIA H200", "9.0", 100, 200));
    assertThat(NvidiaDriver.require(driver, "").version()).isEqualTo("CUDA 13.0");
  }

  @Test
  void withoutADriverNothingIsCalled() {
    driver.missing.add("libcuda.so.1");
    assertRefused("no NVIDIA driver", "libcuda.so.1", "LD_LIBRARY_PATH", "--gpus all");
    assertThat(driver.calls).containsExactly("load libcuda.so.1");
  }

  /** A call through the bindings of what is not there would end the process. */
  @Test
  void aFileWithoutTheFunctionsIsNotCalled() {
    driver.missing.add("cuInit");
    assertRefused("is not NVIDIA's driver", "cuInit");
    assertThat(driver.calls).containsExactly("load libcuda.so.1");
  }

  @Test
  void withoutCudasRuntimeNothingIsCalled() {
    driver.missing.add("libcudart.so.13");
    assertRefused("CUDA's runtime", "libcudart.so.13", "LD_LIBRARY_PATH");
    assertThat(driver.calls).doesNotContain("init", "version");
  }

  @Test
  void anOldDriverIsRefused() {
    driver.version = 12040;
    assertRefused("580.65.06", "CUDA 12.4 at most", "13.0", "driver 580");
    assertThat(driver.calls).doesNotContain("init");
  }

  @Test
  void withoutADeviceItIsRefused() {
    driver.devices = 0;
    assertRefused("finds no GPU", "CUDA_VISIBLE_DEVICES");
    driver.devices = 1;
    driver.initStatus = 100;
    assertRefused("finds no GPU");
  }

  @Test
  void otherErrorsAreTold() {
    driver.initStatus = 999;
    assertRefused("could not start", "999");
    driver.initStatus = 0;
    driver.memoryStatus = 2;
    assertRefused("memory", "error 2");
  }
}
