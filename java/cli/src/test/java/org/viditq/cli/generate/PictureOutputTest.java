package org.viditq.cli.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.viditq.cli.option.Seed;
import org.viditq.core.error.UsageException;
import org.viditq.core.pipeline.Clip;
import org.viditq.core.tensor.Tensor;
import org.viditq.media.EncodingOptions;
import org.viditq.media.MediaFormat;
import org.viditq.media.Provenance;

class PictureOutputTest {
  private static final Clip PICTURE = new Clip(Tensor.full(0.5f, 1, 16, 16, 3), 8);
  private static final Clip CLIP = new Clip(Tensor.full(0.5f, 3, 16, 16, 3), 8);

  @TempDir private Path folder;

  @Test
  void promptsThatReadTheSameHaveNamesOfTheirOwn() throws IOException {
    String long1 = "a very long prompt ".repeat(20) + "one";
    String long2 = "a very long prompt ".repeat(20) + "two";
    for (String prompt : List.of("🔥", "💧", long1, long2, "红色的圆环", "蓝色的星星")) {
      write(MediaFormat.PNG, false, PICTURE, prompt, "20");
    }
    write(MediaFormat.PNG, false, PICTURE, "红色的圆环", "21");
    assertThat(files()).hasSize(7);
    assertThat(files()).anyMatch(name -> name.matches("01-红色的圆环-seed5-[0-9a-f]{8}\\.png"));
  }

  @Test
  void theSameAgainGetsANumberUnlessItMayBeReplaced() throws IOException {
    Path first = write(MediaFormat.PNG, false, PICTURE, "a", "20").get(0);
    Files.writeString(first, "earlier");
    Path second = write(MediaFormat.PNG, false, PICTURE, "a", "20").get(0);
    Path third = write(MediaFormat.PNG, false, PICTURE, "a", "20").get(0);
    assertThat(first).hasContent("earlier");
    assertThat(second.getFileName().toString()).matches("01-a-seed5-[0-9a-f]{8}-2\\.png");
    assertThat(third.getFileName().toString()).endsWith("-3.png");

    assertThat(write(MediaFormat.PNG, true, PICTURE, "a", "20")).containsExactly(first);
    assertThat(Files.size(first)).isGreaterThan(7);
    assertThat(files()).hasSize(3);
  }

  @Test
  void theSamePictureTwiceInOneRunIsTwoFiles() throws IOException {
    try (PictureOutput output =
        PictureOutput.folder(place(), MediaFormat.PNG, EncodingOptions.DEFAULT, true)) {
      output.write(new PictureJob(0, "a", Seed.of(5)), PICTURE, provenance("a", "20"));
      output.write(new PictureJob(0, "a", Seed.of(5)), PICTURE, provenance("a", "20"));
      assertThat(output.commit()).doesNotHaveDuplicates().allMatch(Files::exists);
    }
    assertThat(files()).hasSize(2);
  }

  @Test
  void whatAnotherProgramWroteMeanwhileStays() throws IOException {
    Files.createDirectories(place());
    try (PictureOutput output =
        PictureOutput.folder(place(), MediaFormat.PNG, EncodingOptions.DEFAULT, false)) {
      output.write(new PictureJob(0, "a", Seed.of(5)), PICTURE, provenance("a", "20"));
      Path taken = place().resolve("01-a-seed5-" + provenance("a", "20").fingerprint() + ".png");
      Files.writeString(taken, "theirs");
      Path ours = output.commit().get(0);
      assertThat(taken).hasContent("theirs");
      assertThat(ours).exists().isNotEqualTo(taken);
    }
  }

  @Test
  void aClipIsOneFileOrAFolderOfFrames() throws IOException {
    assertThat(write(MediaFormat.GIF, false, CLIP, "a", "20").get(0).toString()).endsWith(".gif");
    assertThat(write(MediaFormat.MP4, false, CLIP, "a", "20").get(0).toString()).endsWith(".mp4");
    Path frames = write(MediaFormat.JPEG, false, CLIP, "a", "20").get(0);
    assertThat(names(frames)).containsExactly("0001.jpg", "0002.jpg", "0003.jpg");
    // Frames of a longer clip would stay: frames are never replaced.
    Path again = write(MediaFormat.JPEG, true, CLIP, "a", "20").get(0);
    assertThat(again).isNotEqualTo(frames).isDirectory();
  }

  @Test
  void anExistingFileIsReplacedOnlyOnRequest() throws IOException {
    Path file = Files.writeString(folder.resolve("x.png"), "earlier");
    assertThatThrownBy(
            () -> PictureOutput.file(file, MediaFormat.PNG, EncodingOptions.DEFAULT, false, 1))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("x.png already; replace it with --force");
    assertThat(file).hasContent("earlier");
    try (PictureOutput output =
        PictureOutput.file(file, MediaFormat.PNG, EncodingOptions.DEFAULT, true, 1)) {
      output.write(new PictureJob(0, "a", Seed.of(5)), PICTURE, provenance("a", "20"));
      assertThat(output.commit()).containsExactly(file);
    }
    assertThat(Files.size(file)).isGreaterThan(7);
  }

  @Test
  void aFileThatAppearedMeanwhileIsNotReplaced() throws IOException {
    Path file = folder.resolve("x.png");
    try (PictureOutput output =
        PictureOutput.file(file, MediaFormat.PNG, EncodingOptions.DEFAULT, false, 1)) {
      output.write(new PictureJob(0, "a", Seed.of(5)), PICTURE, provenance("a", "20"));
      Files.writeString(file, "theirs");
      assertThatThrownBy(output::commit).isInstanceOf(UsageException.class);
    }
    assertThat(file).hasContent("theirs");
  }

  private Path place() {
    return folder.resolve("out");
  }

  private static Provenance provenance(String prompt, String steps) {
    return new Provenance(Map.of("prompt", prompt, "steps", steps));
  }

  private List<Path> write(
      MediaFormat format, boolean force, Clip clip, String prompt, String steps) {
    try (PictureOutput output =
        PictureOutput.folder(place(), format, EncodingOptions.DEFAULT, force)) {
      output.write(new PictureJob(0, prompt, Seed.of(5)), clip, provenance(prompt, steps));
      return output.commit();
    }
  }

  private List<String> files() throws IOException {
    return names(place());
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }
}
