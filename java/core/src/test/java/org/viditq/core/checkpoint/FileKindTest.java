package org.viditq.core.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.error.InvalidCheckpointException;
import org.viditq.core.tensor.Tensor;

/** What is commonly found in place of weights is called by its name, whatever its ending. */
class FileKindTest {
  private static final String POINTER =
      "version https://git-lfs.github.com/spec/v1\noid sha256:%064d\nsize 10275584\n".formatted(0);

  @TempDir Path folder;

  private void assertRefused(String name, byte[] content, String... parts) throws IOException {
    Path file = Files.write(folder.resolve(name), content);
    assertThatThrownBy(() -> Checkpoints.open(file).close())
        .isInstanceOf(InvalidCheckpointException.class)
        .hasMessageContaining(name)
        .hasMessageContainingAll(parts)
        .hasMessageEndingWith(".")
        .hasMessageNotContaining("\n");
  }

  static Stream<Arguments> foundInPlaceOfWeights() {
    return Stream.of(
        Arguments.of("", "is empty"),
        Arguments.of(POINTER, "Git LFS pointer; its content was not downloaded; run git lfs pull"),
        Arguments.of("\u00ef\u00bb\u00bf" + POINTER, "Git LFS pointer"),
        Arguments.of("<!DOCTYPE html>\n<html class=\"\">\n<head>", "web page"),
        Arguments.of("\n  <html><body>404</body></html>", "web page"),
        Arguments.of("<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>", "web page"),
        Arguments.of("{\"error\": \"Repository not found\"}", "JSON text"),
        Arguments.of("Entry not found", "is a text"),
        Arguments.of("Invalid username or password.", "is a text"),
        Arguments.of("GGUF\3\0\0\0\1\0\0\0\0\0\0\0", "GGUF"),
        Arguments.of("\u0089HDF\r\n\u001a\n\0\0\0\0", "HDF5"),
        Arguments.of("\u0093NUMPY\1\0v\0{'descr'", "NumPy"),
        Arguments.of("\u0089PNG\r\n\u001a\n\0\0\0\rIHDR", "is a picture"),
        Arguments.of("\u00ff\u00d8\u00ff\u00e0\0\u0010JFIF\0", "is a picture"),
        Arguments.of("RIFF\u0010\0\0\0WEBPVP8 ", "is a picture"),
        Arguments.of("GIF89a\1\0\1\0\0\0\0", "is a picture"),
        Arguments.of("%PDF-1.7\n%\u00e2\u00e3", "PDF document"),
        Arguments.of("\u001f\u008b\b\0\0\0\0\0\0\0", "compressed"),
        Arguments.of("BZh91AY&SY\0\0\0\0", "compressed"),
        Arguments.of(zipOf("model.safetensors"), "zip archive of other files"),
        Arguments.of(zipOf("PixArt/transformer/config.json"), "zip archive of other files"),
        Arguments.of("/annex/objects/SHA256E-s12--00.bin\n", "git-annex; its content was not"),
        Arguments.of("<Error><Code>NoSuchKey</Code></Error>", "web page"),
        Arguments.of("\0".repeat(257) + "ustar\0" + "00" + "\0".repeat(249), "tar archive"));
  }

  /** The local header of a first entry. */
  private static String zipOf(String name) {
    return "PK\3\4" + "\0".repeat(22) + (char) name.length() + "\0\0\0" + name;
  }

  @ParameterizedTest
  @MethodSource("foundInPlaceOfWeights")
  void isCalledByItsName(String content, String reason) throws IOException {
    byte[] bytes = content.getBytes(StandardCharsets.ISO_8859_1);
    for (String name : new String[] {"w.safetensors", "w.pth", "w.bin", "3a5f"}) {
      assertRefused(name, bytes, reason);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"w.pth", "w.bin", "w.ckpt"})
  void safetensorsUnderAPickleNameAreRecognized(String name) {
    SafetensorsWriter.write(
        folder.resolve("w.safetensors"), List.of(MemoryTensor.of("w", Tensor.zeros(1))), Map.of());
    assertThatThrownBy(
            () -> {
              Files.move(folder.resolve("w.safetensors"), folder.resolve(name));
              Checkpoints.open(folder.resolve(name));
            })
        .isInstanceOf(InvalidCheckpointException.class)
        .hasMessageContaining("holds safetensors, not a PyTorch pickle")
        .hasMessageContaining("ends in .safetensors");
  }

  @Test
  void picklesUnderASafetensorsNameAreRecognized() throws IOException {
    byte[] zip = "PK\3\4archive/data.pkl".getBytes(StandardCharsets.US_ASCII);
    assertRefused("w.safetensors", zip, "zip archive", ".pth");
    byte[] pickle = {(byte) 0x80, 2, (byte) 0x8a, 10, 0x6c, 0, 0, 0, 0};
    assertRefused("w.safetensors", pickle, "pickle", ".pth");
  }

  /** A header of 640 bytes starts with the bytes of a pickle of protocol 2. */
  @Test
  void headersWhoseLengthLooksLikeAPickleAreSafetensors() throws IOException {
    for (int length : new int[] {0x280, 0x380, 0x480, 0x580, 0x4b50}) {
      String header = "{" + " ".repeat(length - 2) + "}";
      Path file = RawSafetensors.write(folder.resolve("w.safetensors"), header, new byte[0]);
      try (Checkpoint checkpoint = Checkpoints.open(file)) {
        assertThat(checkpoint.names()).isEmpty();
      }
      assertRefused(
          "w.safetensors", Arrays.copyOf(Files.readAllBytes(file), 100), "only 100 bytes long");
    }
  }

  @Test
  void interruptedDownloadIsCalledTruncated() throws IOException {
    String header = "{\"w\":{\"dtype\":\"U8\",\"shape\":[40],\"data_offsets\":[0,40]}}";
    byte[] cut = RawSafetensors.bytes(header, new byte[30]);
    assertRefused("w.safetensors", cut, "truncated", "download", "30");
    assertRefused("w.safetensors", Arrays.copyOf(cut, 20), "truncated");
  }

  @Test
  void damagedFilesAreOfUnknownKind() throws IOException {
    byte[] noise = {0, 1, 2, 3, -1, -2, -3, -4, 7, 7, 7};
    assertRefused("w.pth", noise, "neither safetensors nor a PyTorch pickle");
    assertRefused("w.safetensors", noise, "claims a header");
  }
}
