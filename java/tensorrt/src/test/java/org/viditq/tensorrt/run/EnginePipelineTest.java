package org.viditq.tensorrt.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.viditq.core.pipeline.DiffusionPipeline;
import org.viditq.core.pipeline.EncodedPrompts;
import org.viditq.core.tensor.Tensor;
import org.viditq.quantize.apply.ChosenParameters;
import org.viditq.quantize.metric.Psnr;
import org.viditq.tensorrt.engine.EngineRequest;
import org.viditq.tensorrt.standin.StandInRuntime.Pace;

/** Whole pipelines as engines on the stand-in, beside the backend native. */
class EnginePipelineTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({"w8a8, EAGER", "w8a8, LATE", "w4a8, EAGER", "w4a8, LATE"})
  void picturesAreThoseOfTheNativeBackend(String plan, Pace pace) {
    DiffusionPipeline expected = Samples.pixart();
    StandInNetworks networks = new StandInNetworks(folder, pace);
    DiffusionPipeline engines = Samples.pixart().on(networks::open);
    EncodedPrompts prompts = Samples.encode(engines);
    try (ChosenParameters chosen = Samples.quantized(expected, plan)) {
      Tensor latents = Samples.sample(engines, prompts, chosen.parameters(), 2);
      Tensor truth =
          Samples.sample(expected, Samples.encode(expected), chosen.parameters(), 2);
      assertThat(
              Psnr.of(
                  Samples.decode(expected, truth).frame(0).pixels(),
                  Samples.decode(engines, latents).frame(0).pixels(),
                  1))
          .isGreaterThan(50);
    }
    assertThat(networks.left).isEmpty();
    assertThat(networks.runtimes())
        .hasSize(3)
        .allSatisfy(
            runtime -> {
              assertThat(runtime.isClosed()).isTrue();
              assertThat(runtime.used()).isZero();
            });
    assertThat(networks.requests())
        .extracting(EngineRequest::name)
        .contains("t5", "transformer", "vae");
  }
}
