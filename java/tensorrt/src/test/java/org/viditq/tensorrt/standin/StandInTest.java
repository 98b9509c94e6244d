package org.viditq.tensorrt.standin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.viditq.tensorrt.runtime.DeviceBuffer;
import org.viditq.tensorrt.runtime.DeviceEvent;
import org.viditq.tensorrt.runtime.DeviceGraph;
import org.viditq.tensorrt.runtime.DeviceStream;
import org.viditq.tensorrt.runtime.PinnedBuffer;
import org.viditq.tensorrt.standin.StandInRuntime.Pace;

/** The stand-in refuses what a device would take silently, whenever it does its work. */
class StandInTest {
  private static final int BYTES = 512;

  private final StandInRuntime runtime = new StandInRuntime(Pace.LATE, 1 << 20);
  private final DeviceStream stream = runtime.openStream();
  private final DeviceStream other = runtime.openStream();
  private final DeviceBuffer device = runtime.allocate(BYTES);
  private final PinnedBuffer pinned = runtime.allocatePinned(BYTES);
  private final DeviceEvent event = runtime.openEvent();

  /** What must be refused. */
  private enum Misuse {
    HOST_WRITES_DURING_COPY(
        test -> {
          test.upload();
          test.pinned.bytes(0, 4).putInt(0, 1);
        }),
    HOST_READS_BEFORE_COPY_ENDS(
        test -> {
          test.upload();
          test.stream.synchronize();
          test.stream.copyToHost(test.pinned, 0, test.device, 0, BYTES);
          test.pinned.bytes(0, 4);
        }),
    OTHER_STREAM_DOES_NOT_WAIT(
        test -> {
          test.upload();
          test.other.copyToHost(test.pinned, 0, test.device, 0, BYTES);
        }),
    EVENT_IS_RECORDED_TOO_EARLY(
        test -> {
          test.stream.record(test.event);
          test.upload();
          test.event.synchronize();
          test.pinned.bytes(0, 4);
        }),
    EVENT_WAS_NEVER_RECORDED(test -> test.other.await(test.event)),
    MEMORY_NOBODY_HAS_WRITTEN(
        test -> {
          test.stream.copyToHost(test.pinned, 0, test.device, 0, BYTES);
          test.stream.synchronize();
        }),
    COPY_BEYOND_THE_END(test -> test.stream.copyToDevice(test.device, 4, test.pinned, 0, BYTES)),
    OVERLAPPING_COPY(test -> test.stream.copyOnDevice(test.device, 0, test.device, 4, 8)),
    FREED_DURING_WORK(
        test -> {
          test.upload();
          test.device.close();
        }),
    FREED_TWICE(
        test -> {
          test.device.close();
          test.device.close();
        }),
    USED_AFTER_FREEING(
        test -> {
          test.device.close();
          test.upload();
        }),
    ALLOCATION_DURING_CAPTURE(
        test -> {
          test.stream.beginCapture();
          test.runtime.allocate(8);
        }),
    WAITING_DURING_CAPTURE(
        test -> {
          test.stream.beginCapture();
          test.stream.synchronize();
        }),
    GRAPH_ON_FREED_MEMORY(
        test -> {
          DeviceGraph graph = test.recorded();
          test.device.close();
          test.stream.launch(graph);
        }),
    GRAPH_AFTER_ITS_END(
        test -> {
          DeviceGraph graph = test.recorded();
          graph.close();
          test.stream.launch(graph);
        }),
    GRAPH_CLOSED_DURING_LAUNCH(
        test -> {
          DeviceGraph graph = test.recorded();
          test.stream.launch(graph);
          graph.close();
        }),
    STREAM_CLOSED_DURING_WORK(
        test -> {
          test.upload();
          test.stream.close();
        }),
    RUNTIME_CLOSED_FIRST(test -> test.runtime.close());

    private final Consumer<StandInTest> use;

    Misuse(Consumer<StandInTest> use) {
      this.use = use;
    }
  }

  private void upload() {
    stream.copyToDevice(device, 0, pinned, 0, BYTES);
  }

  private DeviceGraph recorded() {
    stream.beginCapture();
    upload();
    return stream.endCapture();
  }

  @ParameterizedTest
  @EnumSource
  void misuseIsRefused(Misuse misuse) {
    assertThatThrownBy(() -> misuse.use.accept(this))
        .isInstanceOfAny(IllegalStateException.class, IllegalArgumentException.class);
  }

  /** The same with what was missing. */
  @Test
  void properUseIsNot() {
    pinned.bytes(0, 4).putInt(0, 42);
    upload();
    stream.record(event);
    other.await(event);
    event.synchronize();
    pinned.bytes(0, 4).putInt(0, 1);
    other.copyToHost(pinned, 0, device, 0, BYTES);
    other.synchronize();
    assertThat(pinned.bytes(0, 4).getInt(0)).isEqualTo(42);
    pinned.bytes(0, 4).putInt(0, 7);
    try (DeviceGraph graph = recorded()) {
      stream.launch(graph);
      stream.copyToHost(pinned, 256, device, 0, 4);
      stream.synchronize();
      assertThat(pinned.bytes(256, 4).getInt(0)).isEqualTo(7);
    }
    event.close();
    pinned.close();
    device.close();
    other.close();
    stream.close();
    runtime.close();
    assertThat(runtime.openThings()).isZero();
  }
}
