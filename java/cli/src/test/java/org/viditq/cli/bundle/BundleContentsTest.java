package org.viditq.cli.bundle;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.ArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A library under several names, as development packages have it. */
class BundleContentsTest {
  @TempDir private Path folder;
  private BundleContents contents;

  @BeforeEach
  void collect() throws IOException {
    Path library = Files.writeString(folder.resolve("libx.so.1.2"), "library");
    Path link = Files.createSymbolicLink(folder.resolve("libx.so.1"), library.getFileName());
    Path other = Files.writeString(folder.resolve("liby.so"), "other");
    TreeMap<String, Path> files = new TreeMap<>();
    files.put("native/libx.so.1", link);
    files.put("native/libx.so.1.2", library);
    files.put("native/liby.so", other);
    contents = new BundleContents(files);
  }

  @Test
  void aFolderHoldsItOnce() throws IOException {
    Path bundle = folder.resolve("bundle");
    List<String> written = new ArrayList<>();
    try (FolderSink sink = new FolderSink(bundle)) {
      contents.write(sink, () -> written.add(""));
    }
    assertThat(bundle.resolve("native/libx.so.1")).isRegularFile().hasContent("library");
    assertThat(bundle.resolve("native/libx.so.1.2")).isSymbolicLink().hasContent("library");
    assertThat(bundle.resolve("native/liby.so")).isRegularFile().hasContent("other");
    assertThat(written).hasSize(3);
    assertThat(contents.bytes("native/")).isEqualTo("library".length() + "other".length());
  }

  @Test
  void anArchiveHoldsItOnce() throws IOException {
    Path archive = folder.resolve("bundle.tar.gz");
    try (ArchiveSink sink = new ArchiveSink("top", Files.newOutputStream(archive))) {
      contents.write(sink, () -> {});
    }
    List<String> entries = new ArrayList<>();
    try (TarArchiveInputStream tar =
        new TarArchiveInputStream(new GZIPInputStream(Files.newInputStream(archive)))) {
      for (ArchiveEntry next = tar.getNextEntry(); next != null; next = tar.getNextEntry()) {
        TarArchiveEntry entry = (TarArchiveEntry) next;
        entries.add(entry.getName() + (entry.isSymbolicLink() ? " " + entry.getLinkName() : ""));
      }
    }
    assertThat(entries)
        .containsExactly(
            "top/viditq",
            "top/native/libx.so.1",
            "top/native/libx.so.1.2 libx.so.1",
            "top/native/liby.so");
  }
}
