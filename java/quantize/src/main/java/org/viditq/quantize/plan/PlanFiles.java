package org.viditq.quantize.plan;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.viditq.core.error.InvalidPlanException;
import org.viditq.core.io.Placeholder;
import org.viditq.core.io.WholeFile;

/** Finds and reads the files that a plan names. */
final class PlanFiles {
  private static final int MAX_LIST = 1 << 20;

  private final Optional<Path> folder;
  private final Consumer<String> warnings;

  private PlanFiles(Optional<Path> folder, Consumer<String> warnings) {
    this.folder = folder;
    this.warnings = warnings;
  }

  /**
   * @param warnings receives one sentence per file that was found in another place than named
   */
  static PlanFiles besides(Path plan, Consumer<String> warnings) {
    return new PlanFiles(
        Optional.ofNullable(plan.toAbsolutePath().normalize().getParent()), warnings);
  }

  /** For plans that are not files: naming another file is an error. */
  static PlanFiles none() {
    return new PlanFiles(Optional.empty(), warning -> {});
  }

  /** The lines of the file that {@code key} names, without blanks and comments. */
  List<String> lines(PlanNode node, String key) {
    Path file = find(node, key);
    try {
      byte[] bytes =
          WholeFile.read(file, MAX_LIST)
              .orElseThrow(
                  () ->
                      new InvalidPlanException(
                          node.source()
                              + ": "
                              + node.name(key)
                              + " names "
                              + file
                              + ", which is no list."));
      Optional<Placeholder> placeholder = Placeholder.of(bytes);
      if (placeholder.isPresent()) {
        throw new InvalidPlanException(
            placeholder
                .get()
                .refusal(node.source() + ": " + node.name(key) + " names " + file + ", which"));
      }
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      return (text.startsWith("\uFEFF") ? text.substring(1) : text)
          .lines()
          .map(String::strip)
          .filter(line -> !line.isEmpty() && !line.startsWith("#"))
          .toList();
    } catch (CharacterCodingException binary) {
      throw new InvalidPlanException(
          node.source()
              + ": "
              + node.name(key)
              + " names "
              + file
              + ", which is no text file; write the names of layers into one, a line each.",
          binary);
    } catch (IOException e) {
      throw new InvalidPlanException(
          node.source() + ": " + node.name(key) + " names " + file + ", which cannot be read.", e);
    }
  }

  /**
   * The file that {@code key} names: relative to the plan's folder, or, because published plans
   * name files relative to the root of their repository, to a folder above it; or, as some name
   * files of their authors' machines, a file of that name in one of these folders, with a warning.
   */
  Path find(PlanNode node, String key) {
    Path named;
    try {
      named = Path.of(node.text(key).orElseThrow(() -> node.invalid(key, "the path of a file")));
    } catch (InvalidPathException e) {
      throw node.invalid(key, "the path of a file");
    }
    Optional<Path> file = inFolders(named);
    if (file.isPresent()) {
      return file.get();
    }
    Optional<Path> sameName = Optional.ofNullable(named.getFileName()).flatMap(this::inFolders);
    if (sameName.isPresent()) {
      warnings.accept(
          node.source()
              + ": "
              + node.name(key)
              + " names "
              + named
              + ", which is not there; "
              + sameName.get()
              + " is read instead.");
      return sameName.get();
    }
    throw node.contradiction(
        key,
        folder
            .map(f -> "there is no such file in " + f + " or above it; copy it beside the plan")
            .orElse("a built-in plan cannot name files"));
  }

  /** In the plan's folder or one above it. */
  private Optional<Path> inFolders(Path name) {
    for (Path base = folder.orElse(null); base != null; base = base.getParent()) {
      Path file = base.resolve(name).normalize();
      if (Files.isRegularFile(file)) {
        return Optional.of(file);
      }
    }
    return Optional.empty();
  }
}
