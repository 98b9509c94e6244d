package org.viditq.tests.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.operators.Backends;
import org.viditq.core.pipeline.Clip;
import org.viditq.core.pipeline.DiffusionPipeline;
import org.viditq.core.pipeline.GenerationRequest;
import org.viditq.core.pipeline.ProgressListener;
import org.viditq.core.tensor.Tensor;

/** Objects of the video sample's clips move where the caption says. */
class CaptionedMotionTest {
  private static final Path SAMPLE = Path.of("..", "samples", "stdit-mini");
  private static final int SIZE = 64;

  /** Clips that the sample was trained on move by 30 to 34 pixels of 64. */
  private static final double FAR = 20;

  @Test
  @Tag("slow")
  void objectsMoveInTheCaptionedDirection() {
    List<String> prompts =
        List.of("right", "left", "down", "up").stream()
            .map(direction -> "a red circle moving " + direction + " on a white background")
            .toList();
    DiffusionPipeline pipeline =
        DiffusionPipeline.open(PipelineFolder.open(SAMPLE), () -> Backends.find("native").open(2));
    GenerationRequest request =
        new GenerationRequest(
            List.of(1L, 2L, 3L, 4L), 12, 4.5, pipeline.defaultFrames(), SIZE, SIZE, 8);
    List<Clip> clips =
        pipeline.generate(
            request,
            pipeline.encode(prompts, "", ProgressListener.NONE),
            UnaryOperator.identity(),
            ProgressListener.NONE);

    assertThat(clips).hasSize(4);
    assertThat(moved(clips.get(0), Axis.X)).isGreaterThan(FAR);
    assertThat(moved(clips.get(1), Axis.X)).isLessThan(-FAR);
    assertThat(moved(clips.get(2), Axis.Y)).isGreaterThan(FAR);
    assertThat(moved(clips.get(3), Axis.Y)).isLessThan(-FAR);
    for (int i = 0; i < clips.size(); i++) {
      assertThat(moved(clips.get(i), i < 2 ? Axis.Y : Axis.X)).isBetween(-FAR / 2, FAR / 2);
    }
  }

  private enum Axis {
    X,
    Y
  }

  /** Pixels by which the centre of what is red moves from the first to the last frame. */
  private static double moved(Clip clip, Axis axis) {
    return centre(clip, clip.frames() - 1, axis) - centre(clip, 0, axis);
  }

  private static double centre(Clip clip, int frame, Axis axis) {
    Tensor pixels = clip.frame(frame).pixels();
    float[] rgb = pixels.data();
    double weight = 0;
    double sum = 0;
    for (int y = 0; y < clip.height(); y++) {
      for (int x = 0; x < clip.width(); x++) {
        int at = 3 * (y * clip.width() + x);
        double red = Math.max(0, rgb[at] - Math.max(rgb[at + 1], rgb[at + 2]) - 0.3);
        weight += red;
        sum += red * (axis == Axis.X ? x : y);
      }
    }
    assertThat(weight).as("redness of frame %d", frame).isGreaterThan(10);
    return sum / weight;
  }
}
