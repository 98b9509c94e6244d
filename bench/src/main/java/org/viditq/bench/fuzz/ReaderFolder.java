package org.viditq.bench.fuzz;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * What is kept of a reader from one run to the next: its corpus, what Jazzer said, and how far it
 * was. A run that ends early, however it ends, is gone on from.
 */
final class ReaderFolder {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final FuzzTarget target;
  private final Path folder;

  ReaderFolder(FuzzTarget target, Path folder) {
    this.target = target;
    this.folder = folder;
  }

  Path path() {
    return folder;
  }

  /** Adds the valid inputs to the corpus, which may be there. */
  void prepare(Path checkout) throws IOException {
    Path corpus = Files.createDirectories(folder.resolve("corpus"));
    int number = 0;
    for (byte[] valid : target.seeds(checkout)) {
      Files.write(corpus.resolve("valid-" + number++), valid);
    }
  }

  /**
   * What earlier runs did; nothing if one of them found something: what was read before the reader
   * was mended does not count.
   */
  JazzerRun reached() {
    try {
      Path file = file();
      if (!Files.exists(file)) {
        return JazzerRun.none(target);
      }
      JazzerRun run = JazzerRun.of(target, JSON.readTree(file.toFile()));
      return run.finding().isPresent() ? JazzerRun.none(target) : run;
    } catch (IOException damaged) {
      return JazzerRun.none(target);
    }
  }

  void save(JazzerRun run) throws IOException {
    ObjectNode node = JSON.createObjectNode();
    run.putInto(node);
    Path unfinished = folder.resolve("reached.json.new");
    Files.writeString(unfinished, node.toPrettyString());
    Files.move(unfinished, file(), StandardCopyOption.ATOMIC_MOVE);
  }

  private Path file() {
    return folder.resolve("reached.json");
  }
}
