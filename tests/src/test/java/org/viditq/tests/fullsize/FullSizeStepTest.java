package org.viditq.tests.fullsize;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A transformer of 1.2 GB runs in a heap of 2 GB, on the backend that keeps float64 weights. All
 * layers are of real size; the picture is small, as values of even a thousand tokens are a
 * hundredth of the weights and would take most of the time.
 */
@Tag("slow")
class FullSizeStepTest {
  private static final Path WORK = Path.of("target", "full-size").toAbsolutePath();
  private static final Path MODEL = WORK.resolve("pixart-sigma");
  private static final Path PICTURE = WORK.resolve("picture.png");
  private static final int PIXELS = 64;
  private static final String SIDE = Integer.toString(PIXELS);

  @BeforeEach
  void writeModel() throws IOException {
    deleteWork(); // what a killed run has left
    Files.createDirectories(WORK);
    assertThat(Files.getFileStore(WORK).getUsableSpace())
        .as("free disk space below " + WORK + " for a model of 1.2 GB")
        .isGreaterThan(2_000_000_000L);
    FullSizePixArtSigma.write(MODEL);
  }

  @AfterEach
  void deleteWork() throws IOException {
    if (Files.exists(WORK)) {
      try (Stream<Path> tree = Files.walk(WORK)) {
        for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(path);
        }
      }
    }
  }

  @Test
  void oneStepInTwoGigabytesOfHeap() throws Exception {
    Path log = WORK.resolve("log.txt");
    long start = System.nanoTime();
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx2g",
                "-cp",
                System.getProperty("java.class.path"),
                "org.viditq.cli.Main",
                "generate",
                "--model",
                MODEL.toString(),
                "--prompt",
                "a large red circle on a white background",
                "--seed",
                "1",
                "--steps",
                "1",
                "--width",
                SIDE,
                "--height",
                SIDE,
                // Or the nearest of the model's own sizes, of 1024 pixels, would be sampled.
                "--no-binning",
                "--backend",
                "reference",
                "--quiet",
                "--out",
                PICTURE.toString())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    long peakKilobytes = 0;
    try {
      // A hang must not hold up the build for ever; a loaded machine with few cores may take long.
      long deadline = start + TimeUnit.MINUTES.toNanos(30);
      while (!process.waitFor(200, TimeUnit.MILLISECONDS)) {
        peakKilobytes = Math.max(peakKilobytes, peakResidentKilobytes(process.pid()));
        assertThat(System.nanoTime()).as("still running after 30 minutes").isLessThan(deadline);
      }
    } finally {
      process.destroyForcibly();
    }
    System.out.printf(
        "One step of full-size PixArt-Sigma: %.0f s, at most %d MB resident (mapped weights"
            + " included)%n",
        (System.nanoTime() - start) * 1e-9, peakKilobytes / 1000);

    assertThat(process.exitValue()).as(Files.readString(log)).isZero();
    BufferedImage picture = ImageIO.read(PICTURE.toFile());
    assertThat(List.of(picture.getWidth(), picture.getHeight())).containsExactly(PIXELS, PIXELS);
    // NaN or infinity anywhere in the latents would spread in the VAE and leave a flat picture.
    int[] pixels = picture.getRGB(0, 0, PIXELS, PIXELS, null, 0, PIXELS);
    long colours = Arrays.stream(pixels).distinct().count();
    assertThat(colours).isGreaterThan(100);
  }

  /** VmHWM of Linux: the most memory that the process has ever had resident. */
  private static long peakResidentKilobytes(long pid) {
    try (Stream<String> lines = Files.lines(Path.of("/proc/" + pid + "/status"))) {
      return lines
          .filter(line -> line.startsWith("VmHWM:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
          .findFirst()
          .orElse(0);
    } catch (IOException | UncheckedIOException elsewhereOrGone) {
      return 0;
    }
  }
}
