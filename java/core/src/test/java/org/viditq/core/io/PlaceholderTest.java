package org.viditq.core.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.checkpoint.Checkpoints;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.error.InvalidCheckpointException;
import org.viditq.core.error.InvalidModelException;

class PlaceholderTest {
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "version https://git-lfs.github.com/spec/v1\r\noid sha256:00\r\nsize 12\r\n",
        "\uFEFFversion https://git-lfs.github.com/spec/v1\noid sha256:00\n",
        "version https://hawser.github.com/spec/v1\noid sha256:00\nsize 3\n"
      })
  void lfsPointers(String text) {
    assertThat(Placeholder.of(bytes(text))).contains(Placeholder.LFS_POINTER);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/annex/objects/SHA256E-s10275584--00.safetensors\n",
        ".git/annex/objects/x/y/SHA256E-s10--00/SHA256E-s10--00",
        "../../.git/annex/objects/x/y/MD5E-s10--00/MD5E-s10--00"
      })
  void annexPointers(String text) {
    assertThat(Placeholder.of(bytes(text))).contains(Placeholder.ANNEX_POINTER);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "<!DOCTYPE html><html>",
        "\n\n<HTML lang=en>",
        "<?xml version='1.0'?><Error>",
        "<Error><Code>AccessDenied</Code></Error>",
        "<!-- cached -->"
      })
  void webPages(String text) {
    assertThat(Placeholder.of(bytes(text))).contains(Placeholder.WEB_PAGE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{}", "version: 1", "a red ring\n<html>", "annex/objects"})
  void whatMayBeTheFileItself(String text) {
    assertThat(Placeholder.of(bytes(text))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"version https://git-lfs.github.com/spec/v1\r\noid", "/annex/objects/S"})
  void configurationsAndWeightsAreCalledSo(String text) throws IOException {
    Path config = Files.writeString(folder.resolve("config.json"), text);
    assertThatThrownBy(() -> JsonConfig.read(config))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("was not downloaded");
    for (String name : new String[] {"m.safetensors", "m.pth", "m.bin", "blob"}) {
      Path weights = Files.writeString(folder.resolve(name), text);
      assertThatThrownBy(() -> Checkpoints.open(weights))
          .isInstanceOf(InvalidCheckpointException.class)
          .hasMessageContaining("was not downloaded");
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
