package org.viditq.tensorrt.presets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Loader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.viditq.core.error.BackendException;
import org.viditq.core.error.MemoryException;
import org.viditq.core.error.ViditqException;
import org.viditq.core.io.Sha256;
import org.viditq.tensorrt.engine.EngineFile;
import org.viditq.tensorrt.runtime.DeviceGraph;

/**
 * Memory, streams, events and graphs through the presets for CUDA, on a stand-in for CUDA's runtime
 * library (cuda/test/cudart_standin.cpp), which counts what is open and refuses what a device
 * would.
 */
@Timeout(value = 300, threadMode = ThreadMode.SEPARATE_THREAD)
class CudaDeviceTest {
  private static final int BYTES = 1024;

  /** Numbers of the stand-in, which CUDA does not have. */
  private static final int FIRST_COUNT = 9000;

  private static final int LAST_COUNT = 9005;
  private static final int CALLS = 9006;
  private static final int FAIL_CALL = 9100;
  private static final int CAPACITY = 9101;
  private static final int RESET = 9102;

  @BeforeAll
  static void load() {
    Path folder = Path.of(System.getProperty("viditq.cuda.tensorrt")).resolve("empty");
    try {
      Loader.loadGlobal("libcuda.so.1");
    } catch (UnsatisfiedLinkError absent) {
      System.load(folder.resolve("libcuda.so.1").toAbsolutePath().toString());
    }
    Loader.loadGlobal(folder.resolve("libcudart.so.13").toAbsolutePath().toString());
    Loader.load(cudart.class);
    assertThat(cudart.cudaDeviceSetLimit(RESET, 0))
        .as("another CUDA runtime was loaded before the stand-in")
        .isZero();
  }

  @BeforeEach
  @AfterEach
  void reset() {
    cudart.cudaDeviceSetLimit(RESET, 0);
  }

  private static int count(int which) {
    int[] value = new int[1];
    cudart.cudaDeviceGetAttribute(value, which, 0);
    return value[0];
  }

  /** Buffers, pinned memory, streams, events, graphs and what they were made from. */
  private static int open() {
    int open = 0;
    for (int which = FIRST_COUNT; which <= LAST_COUNT; which++) {
      open += count(which);
    }
    return open;
  }

  /** Copies there and back, a graph that is launched twice, an event of another stream. */
  private static void work() {
    try (CudaDevice device = new CudaDevice(0);
        CudaStream stream = device.openStream();
        CudaStream other = device.openStream();
        CudaEvent event = device.openEvent();
        CudaBuffer first = device.allocate(BYTES);
        CudaBuffer second = device.allocate(BYTES);
        CudaPinned pinned = device.allocatePinned(2 * BYTES)) {
      for (int i = 0; i < BYTES; i++) {
        assertThat(pinned.bytes(i, 1).get(0)).isZero();
        pinned.bytes(i, 1).put(0, (byte) i);
      }
      stream.clear(second);
      stream.copyToDevice(first, 0, pinned, 0, BYTES);
      stream.synchronize();
      stream.beginCapture();
      try {
        stream.copyToDevice(first, 0, pinned, 0, BYTES);
        stream.copyOnDevice(second, 256, first, 0, BYTES - 256);
      } catch (RuntimeException failed) {
        stream.abandonCapture();
        throw failed;
      }
      try (DeviceGraph graph = stream.endCapture()) {
        for (int run = 1; run <= 2; run++) {
          pinned.bytes(0, 1).put(0, (byte) run);
          stream.launch(graph);
          stream.record(event);
          other.await(event);
          other.copyToHost(pinned, BYTES, second, 0, BYTES);
          other.synchronize();
          event.synchronize();
          assertThat(pinned.bytes(BYTES, 1).get(0)).isZero();
          assertThat(pinned.bytes(BYTES + 256, 1).get(0)).isEqualTo((byte) run);
          assertThat(pinned.bytes(BYTES + 257, 1).get(0)).isEqualTo((byte) 1);
        }
      }
    }
  }

  @Test
  void worksAndLeavesNothing() {
    work();
    assertThat(open()).isZero();
  }

  /** Each call of CUDA fails once. What could not be freed is what the failing call was to free. */
  @Test
  void everyCallMayFail() {
    work();
    int calls = count(CALLS);
    assertThat(calls).isGreaterThan(30);
    for (int failing = 1; failing <= calls; failing++) {
      cudart.cudaDeviceSetLimit(RESET, 0);
      cudart.cudaDeviceSetLimit(FAIL_CALL, failing);
      ViditqException told = null;
      try {
        work();
      } catch (ViditqException expected) {
        told = expected;
      }
      assertThat(told).as("call " + failing).isInstanceOf(BackendException.class);
      assertThat(told.getMessage()).startsWith("CUDA could not ").contains("cudaErrorUnknown");
      boolean releasing = told.getMessage().matches("CUDA could not (free|end) .*");
      assertThat(open()).as(told.getMessage()).isLessThanOrEqualTo(releasing ? 1 : 0);
    }
  }

  /** What must be refused, by CUDA or before it is asked. */
  private enum Misuse {
    ALLOCATION_DURING_CAPTURE(BackendException.class) {
      @Override
      void in(CudaDevice device, CudaStream stream, CudaBuffer buffer, CudaPinned pinned) {
        stream.beginCapture();
        device.allocate(8).close();
      }
    },
    PINNED_DURING_CAPTURE(BackendException.class) {
      @Override
      void in(CudaDevice device, CudaStream stream, CudaBuffer buffer, CudaPinned pinned) {
        stream.beginCapture();
        device.allocatePinned(8).close();
      }
    },
    WAITING_DURING_CAPTURE(BackendException.class) {
      @Override
      void in(CudaDevice device, CudaStream stream, CudaBuffer buffer, CudaPinned pinned) {
        stream.beginCapture();
        stream.synchronize();
      }
    },
    END_OF_A_BROKEN_CAPTURE(BackendException.class) {
      @Override
      void in(CudaDevice device, CudaStream stream, CudaBuffer buffer, CudaPinned pinned) {
        stream.beginCapture();
        try {
          stream.synchronize();
        } catch (BackendException refused) {
          stream.endCapture().close();
        }
      }
    },
    HOST_WRITES_DURING_COPY(BackendException.class) {
      @Override
      void in(CudaDevice device, CudaStream stream, CudaBuffer buffer, CudaPinned pinned) {
        stream.copyToDevice(buffer, 0, pinned, 0, BYTES);
        pinned.bytes(0, 4).putInt(0, 1);
        stream.synchronize();
      }
    },
    EVENT_NOT_RECORDED(IllegalStateException.class) {
      @Override
      void in(CudaDevice device, CudaStream stream, CudaBuffer buffer, CudaPinned pinned) {
        try (CudaEvent event = device.openEvent()) {
          event.synchronize();
        }
      }
    },
    COPY_BEYOND_THE_END(IllegalArgumentException.class) {
      @Override
      void in(CudaDevice device, CudaStream stream, CudaBuffer buffer, CudaPinned pinned) {
        stream.copyToDevice(buffer, 1, pinned, 0, BYTES);
      }
    },
    OVERLAPPING_COPY(IllegalArgumentException.class) {
      @Override
      void in(CudaDevice device, CudaStream stream, CudaBuffer buffer, CudaPinned pinned) {
        stream.copyOnDevice(buffer, 0, buffer, 8, 16);
      }
    },
    FREED_BUFFER(IllegalStateException.class) {
      @Override
      void in(CudaDevice device, CudaStream stream, CudaBuffer buffer, CudaPinned pinned) {
        buffer.close();
        stream.clear(buffer);
      }
    },
    DEVICE_CLOSED_FIRST(IllegalStateException.class) {
      @Override
      void in(CudaDevice device, CudaStream stream, CudaBuffer buffer, CudaPinned pinned) {
        device.close();
      }
    },
    NOT_ENOUGH_MEMORY(MemoryException.class) {
      @Override
      void in(CudaDevice device, CudaStream stream, CudaBuffer buffer, CudaPinned pinned) {
        cudart.cudaDeviceSetLimit(CAPACITY, 2 * BYTES);
        device.allocate(BYTES + 1).close();
      }
    };

    private final Class<? extends Throwable> expected;

    Misuse(Class<? extends Throwable> expected) {
      this.expected = expected;
    }

    abstract void in(CudaDevice device, CudaStream stream, CudaBuffer buffer, CudaPinned pinned);
  }

  @ParameterizedTest
  @EnumSource
  void misuseIsRefused(Misuse misuse) {
    assertThatThrownBy(
            () -> {
              try (CudaDevice device = new CudaDevice(0);
                  CudaBuffer buffer = device.allocate(BYTES);
                  CudaPinned pinned = device.allocatePinned(BYTES);
                  CudaStream stream = device.openStream()) {
                misuse.in(device, stream, buffer, pinned);
              }
            })
        .isInstanceOf(misuse.expected);
    assertThat(open()).isZero();
  }

  @Test
  void thereIsNoOtherDevice() {
    assertThatThrownBy(() -> new CudaDevice(1))
        .isInstanceOf(BackendException.class)
        .hasMessageContaining("choose device 1");
  }

  @Test
  void enginesWithOtherBytesAreNotLoaded(@TempDir Path folder) throws IOException {
    Path file = Files.write(folder.resolve("x.engine"), new byte[] {1, 2, 3});
    String hash = HexFormat.of().formatHex(Sha256.begin().digest(new byte[] {1, 2, 3}));
    try (BytePointer bytes = EngineBytes.read(new EngineFile(file, hash))) {
      assertThat(bytes.capacity()).isEqualTo(3);
      assertThat(bytes.get(2)).isEqualTo((byte) 3);
    }
    Files.write(file, new byte[] {1, 2, 4});
    assertThatThrownBy(() -> EngineBytes.read(new EngineFile(file, hash)))
        .isInstanceOf(BackendException.class)
        .hasMessageContaining("executable code");
    Files.delete(file);
    assertThatThrownBy(() -> EngineBytes.read(new EngineFile(file, hash)))
        .isInstanceOf(BackendException.class)
        .hasMessageContaining("Cannot read");
  }
}
