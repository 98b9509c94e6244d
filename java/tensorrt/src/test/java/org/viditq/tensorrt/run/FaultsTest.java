package org.viditq.tensorrt.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.viditq.core.error.BackendException;
import org.viditq.core.error.MemoryException;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.pipeline.CachedSampling;
import org.viditq.core.pipeline.Denoiser;
import org.viditq.core.pipeline.ProgressListener;
import org.viditq.core.pipeline.SamplingDenoiser;
import org.viditq.core.pipeline.cache.ChangeEstimate;
import org.viditq.core.pipeline.cache.EvaluationCount;
import org.viditq.core.pipeline.cache.StepCaching;
import org.viditq.core.tensor.Tensor;
import org.viditq.tensorrt.runtime.DeviceEvent;
import org.viditq.tensorrt.runtime.DeviceRuntime;
import org.viditq.tensorrt.runtime.DeviceStream;
import org.viditq.tensorrt.standin.Meddler;
import org.viditq.tensorrt.standin.Meddler.Meddling;
import org.viditq.tensorrt.standin.StandInRuntime;
import org.viditq.tensorrt.standin.StandInRuntime.Pace;
import org.viditq.tensorrt.standin.StandInSource;

/** Calls of the device that fail, or that somebody has forgotten, in samplings and evaluations. */
@Tag("slow")
@Timeout(value = 300, threadMode = ThreadMode.SEPARATE_THREAD)
class FaultsTest {
  @TempDir private static Path folder;

  private static SmallModel model;
  private static final Map<Use, List<Tensor>> EXPECTED = new EnumMap<>(Use.class);
  private static int runs;

  /** What is done with a denoiser. */
  private enum Use {
    /** Three samplings, an evaluation in each range, and a smaller batch. */
    WHOLE {
      @Override
      void run(Denoiser denoiser, List<Tensor> results) {
        DenoiserInput input = SmallModel.input(2);
        denoiser.prepare(input, ProgressListener.NONE);
        results.add(Samples.handedOn((SamplingDenoiser) denoiser, input, SmallModel.TIMES));
        results.add(Samples.handedOn((SamplingDenoiser) denoiser, input, 100, 900));
        results.add(Samples.lookingBack((SamplingDenoiser) denoiser, input, SmallModel.TIMES));
        results.add(denoiser.predict(input));
        results.add(denoiser.predict(at(input, 100)));
        results.add(denoiser.predict(at(SmallModel.input(1), 600)));
      }
    },
    /** Two samplings with step caching, of two pictures and of one, and an evaluation without. */
    CACHED {
      @Override
      void run(Denoiser denoiser, List<Tensor> results) {
        sample(denoiser, SmallModel.input(2), 2, results);
        sample(denoiser, SmallModel.input(1), 1, results);
        results.add(denoiser.predict(at(SmallModel.input(1), 600)));
        EvaluationCount count = denoiser.evaluations();
        assertThat(count.asked()).isEqualTo(3L * CACHED_TIMES.length);
        skipped = count.skipped();
      }

      private void sample(
          Denoiser denoiser, DenoiserInput input, int pictures, List<Tensor> results) {
        StepCaching caching = StepCaching.threshold(THRESHOLD, ChangeEstimate.IDENTITY);
        try (CachedSampling sampling = denoiser.begin(caching, CACHED_TIMES.length, pictures)) {
          sampling.prepare(input, ProgressListener.NONE);
          for (double timestep : CACHED_TIMES) {
            results.add(sampling.predict(at(input, timestep)));
          }
        }
      }
    };

    abstract void run(Denoiser denoiser, List<Tensor> results);
  }

  /** In both ranges, each with a full evaluation and more than one that is skipped. */
  private static final double[] CACHED_TIMES = {900, 880, 860, 600, 580, 400, 380, 100, 80, 60};

  private static final double THRESHOLD = 0.45;
  private static long skipped;

  @BeforeAll
  static void sampleAsItShouldBe() {
    model = new SmallModel();
    for (Use use : Use.values()) {
      EXPECTED.put(use, results(use, Pace.EAGER, (type, method, arguments) -> true));
    }
  }

  @AfterAll
  static void close() {
    model.close();
  }

  private static List<Tensor> results(Use use, Pace pace, Meddling meddling) {
    StandInRuntime device = new StandInRuntime(pace, StandInNetworks.PLENTY);
    try {
      return results(use, device, meddling);
    } finally {
      assertThat(device.openThings()).as("things left open").isZero();
      assertThat(device.used()).isZero();
      assertThat(device.isClosed()).isTrue();
    }
  }

  private static List<Tensor> results(Use use, StandInRuntime device, Meddling meddling) {
    List<Tensor> results = new ArrayList<>();
    DeviceRuntime runtime = Meddler.around(device, meddling);
    runs++;
    try (TensorRtNetworks networks =
        new TensorRtNetworks(
            runtime,
            new StandInSource(folder.resolve("run" + runs)),
            StandInNetworks.OPTIONS,
            why -> {
              throw new AssertionError(why);
            })) {
      Optional<Denoiser> opened = networks.denoiser(model.model, model.parameters, () -> {});
      try (Denoiser denoiser = opened.orElseThrow()) {
        use.run(denoiser, results);
      }
    }
    return results;
  }

  static DenoiserInput at(DenoiserInput input, double timestep) {
    java.util.Map<String, Tensor> others = new java.util.LinkedHashMap<>(input.tensors());
    others.remove(org.viditq.core.model.InputNames.LATENTS);
    others.remove(org.viditq.core.model.InputNames.TIMESTEPS);
    return DenoiserInput.of(input.latents(), timestep, others);
  }

  private static boolean isExpected(Use use, List<Tensor> results) {
    List<Tensor> expected = EXPECTED.get(use);
    for (int i = 0; i < expected.size(); i++) {
      if (!Arrays.equals(results.get(i).data(), expected.get(i).data())) {
        return false;
      }
    }
    return true;
  }

  @ParameterizedTest
  @EnumSource(Pace.class)
  void resultsDoNotDependOnWhenWorkIsDone(Pace pace) {
    for (Use use : Use.values()) {
      assertThat(isExpected(use, results(use, pace, (type, method, arguments) -> true))).isTrue();
    }
  }

  /** Of three pictures, each computed at least in its first step, in its last one and between. */
  @Test
  void stepsAreSkippedAndComputed() {
    assertThat(skipped).isBetween(3L * 2, 3L * (CACHED_TIMES.length - 3));
  }

  /** The ranges have other weights, so what follows would notice a wrong one. */
  @Test
  void weightSetsDiffer() {
    List<Tensor> whole = EXPECTED.get(Use.WHOLE);
    assertThat(Samples.distance(whole.get(4), whole.get(3))).isGreaterThan(0.01);
  }

  /**
   * Whatever fails, it is told as it is, and nothing stays open: of each kind of call the first one
   * and the last one.
   */
  @ParameterizedTest
  @EnumSource
  void everyCallMayFail(Use use) {
    List<String> calls = new ArrayList<>();
    results(
        use,
        Pace.LATE,
        (type, method, arguments) -> {
          calls.add(type.getSimpleName() + "." + method);
          return true;
        });
    Set<Integer> chosen = new TreeSet<>();
    for (String call : calls) {
      chosen.add(calls.indexOf(call));
      chosen.add(calls.lastIndexOf(call));
    }
    assertThat(chosen).hasSizeGreaterThan(use == Use.WHOLE ? 30 : 25);
    for (int failing : chosen) {
      int[] before = {failing};
      assertThatThrownBy(
              () ->
                  results(
                      use,
                      Pace.LATE,
                      (type, method, arguments) -> {
                        if (before[0]-- == 0) {
                          throw new BackendException("Injected.");
                        }
                        return true;
                      }))
          .as(calls.get(failing))
          .isInstanceOf(BackendException.class)
          .hasMessage("Injected.");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "WHOLE, 1_000",
    "WHOLE, 60_000",
    "WHOLE, 300_000",
    "WHOLE, 400_000",
    "WHOLE, 500_000",
    "CACHED, 1_000",
    "CACHED, 300_000",
    "CACHED, 400_000",
    "CACHED, 420_000",
    "CACHED, 440_000",
  })
  void memoryOfTheDeviceMayEnd(Use use, String bytes) {
    long capacity = Long.parseLong(bytes.replace("_", ""));
    StandInRuntime device = new StandInRuntime(Pace.LATE, capacity);
    assertThatThrownBy(() -> results(use, device, (type, method, arguments) -> true))
        .isInstanceOf(MemoryException.class)
        .hasMessageContaining("--batch");
    assertThat(device.openThings()).isZero();
    assertThat(device.used()).isZero();
  }

  /** Somebody has forgotten something in the code that is tested. */
  private enum Planted {
    NO_WAIT_FOR_STREAMS,
    NO_WAIT_FOR_EVENTS,
    NO_EVENTS_RECORDED,
    SHORT_COPY_TO_DEVICE,
    SHORT_COPY_TO_HOST,
    SHORT_COPY_ON_DEVICE,
    NO_COPY_ON_DEVICE,
    NO_SECOND_SET,
    SMALL_BUFFERS,
    NO_EXECUTION_OF_STEPS;

    private int sets;

    boolean goesOn(Class<?> type, String method, Object[] arguments) {
      switch (this) {
        case NO_WAIT_FOR_STREAMS:
          return type != DeviceStream.class || !method.equals("synchronize");
        case NO_WAIT_FOR_EVENTS:
          return type != DeviceEvent.class || !method.equals("synchronize");
        case NO_EVENTS_RECORDED:
          return !method.equals("record");
        case SHORT_COPY_TO_DEVICE:
          return shorten(method.equals("copyToDevice"), arguments);
        case SHORT_COPY_TO_HOST:
          return shorten(method.equals("copyToHost"), arguments);
        case SHORT_COPY_ON_DEVICE:
          return shorten(method.equals("copyOnDevice"), arguments);
        case NO_COPY_ON_DEVICE:
          return !method.equals("copyOnDevice");
        case NO_SECOND_SET:
          // The first copy of 4 bytes says which set there is, the second one switches.
          boolean set = method.equals("copyToDevice") && arguments[4].equals(Integer.BYTES);
          return !set || ++sets != 2;
        case SMALL_BUFFERS:
          if (method.equals("allocate")) {
            arguments[0] = (Long) arguments[0] - DeviceRuntime.ALIGNMENT;
          }
          return true;
        default:
          return !method.equals("launch");
      }
    }

    private static boolean shorten(boolean copies, Object[] arguments) {
      if (copies && arguments[4] instanceof Integer bytes && bytes > Float.BYTES) {
        arguments[4] = bytes - Float.BYTES;
      } else if (copies && arguments[4] instanceof Long bytes) {
        arguments[4] = bytes - Float.BYTES;
      }
      return true;
    }
  }

  /** Step caching waits for streams and for no events. */
  static Stream<Arguments> forgottenCallsAreNoticed() {
    return Arrays.stream(Planted.values())
        .flatMap(
            planted ->
                planted.name().contains("EVENTS")
                    ? Stream.of(Arguments.of(planted, Use.WHOLE))
                    : Arrays.stream(Use.values()).map(use -> Arguments.of(planted, use)));
  }

  /** Each makes results others, or is an error of the stand-in's. */
  @ParameterizedTest
  @MethodSource
  void forgottenCallsAreNoticed(Planted planted, Use use) {
    StandInRuntime device = new StandInRuntime(Pace.LATE, StandInNetworks.PLENTY);
    planted.sets = 0;
    boolean noticed;
    try {
      noticed = !isExpected(use, results(use, device, planted::goesOn));
    } catch (IllegalStateException | IllegalArgumentException wrong) {
      noticed = true;
    }
    assertThat(noticed).isTrue();
  }
}
