package org.viditq.tests.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.viditq.cli.option.SamplingOptions;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.error.UsageException;
import org.viditq.core.model.size.PictureSize;
import org.viditq.core.pipeline.DiffusionPipeline;
import org.viditq.core.pipeline.GenerationRequest;
import org.viditq.reference.ReferenceBackend;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** What becomes of a size that somebody asks for. */
class AskedSizesTest {
  @TempDir private Path folder;

  @Command
  private static final class Options implements Runnable {
    @Mixin private SamplingOptions sampling;

    @Override
    public void run() {}
  }

  private static GenerationRequest request(
      DiffusionPipeline pipeline, Optional<PictureSize> start, String... arguments) {
    Options options = new Options();
    new CommandLine(options).parseArgs(arguments);
    return options.sampling.request(pipeline, List.of(1L), start);
  }

  private static DiffusionPipeline open(Path model) {
    return DiffusionPipeline.open(PipelineFolder.open(model), () -> new ReferenceBackend().open(1));
  }

  /** A HunyuanDiT of 1024 pixels, as the published ones are, and one of 32. */
  private DiffusionPipeline hunyuan(int sampleSize) throws IOException {
    Path model = Files.createDirectory(folder.resolve("hunyuan" + sampleSize));
    TinyHunyuan.write(model, true);
    Path config = model.resolve("transformer").resolve("config.json");
    Files.writeString(
        config,
        Files.readString(config).replace("\"sample_size\":8", "\"sample_size\":" + sampleSize));
    return open(model);
  }

  @Test
  void hunyuanMakesItsOwnSizes() throws IOException {
    DiffusionPipeline published = hunyuan(256);
    assertThat(published.defaultHeight()).isEqualTo(1024);
    GenerationRequest request =
        request(published, Optional.empty(), "--width", "1000", "--height", "700");
    assertThat(request.outputSize()).isEqualTo(new PictureSize(768, 1024));
    assertThat(request.finalSize()).isEmpty();
    assertThat(request(published, Optional.empty()).outputSize())
        .isEqualTo(new PictureSize(1024, 1024));
    assertThat(request(published, Optional.of(new PictureSize(90, 160))).outputSize())
        .isEqualTo(new PictureSize(768, 1280));
    assertThat(
            request(
                    published,
                    Optional.empty(),
                    "--no-binning",
                    "--width",
                    "1000",
                    "--height",
                    "696")
                .outputSize())
        .isEqualTo(new PictureSize(696, 1000));
    assertThatThrownBy(
            () ->
                request(
                    published,
                    Optional.empty(),
                    "--no-binning",
                    "--width",
                    "1000",
                    "--height",
                    "700"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("take 696 or 704");
  }

  @Test
  void modelsOfOtherSizesHaveNoBins() throws IOException {
    DiffusionPipeline tiny = hunyuan(8);
    assertThat(tiny.sizeBins()).isEmpty();
    assertThat(request(tiny, Optional.empty(), "--width", "40").outputSize())
        .isEqualTo(new PictureSize(32, 40));
    DiffusionPipeline sample = open(Path.of("..", "samples", "pixart-mini"));
    assertThat(sample.sizeBins()).isEmpty();
    assertThat(request(sample, Optional.of(new PictureSize(1, 1000))).outputSize())
        .isEqualTo(new PictureSize(8, 2024));
  }
}
