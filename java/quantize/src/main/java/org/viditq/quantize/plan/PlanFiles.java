package org.viditq.quantize.plan;

import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.viditq.core.error.InvalidPlanException;

/** Finds and reads the files that a plan names. */
final class PlanFiles {
  private final Optional<Path> folder;

  private PlanFiles(Optional<Path> folder) {
    this.folder = folder;
  }

  static PlanFiles besides(Path plan) {
    return new PlanFiles(Optional.ofNullable(plan.toAbsolutePath().normalize().getParent()));
  }

  /** For plans that are not files: naming another file is an error. */
  static PlanFiles none() {
    return new PlanFiles(Optional.empty());
  }

  /** The lines of the file that {@code key} names, without blanks and comments. */
  List<String> lines(PlanNode node, String key) {
    Path file = find(node, key);
    try {
      return Files.readAllLines(file).stream()
          .map(String::strip)
          .filter(line -> !line.isEmpty() && !line.startsWith("#"))
          .toList();
    } catch (MalformedInputException binary) {
      throw new InvalidPlanException(
          node.source() + ": " + node.name(key) + " names " + file + ", which is no text file.",
          binary);
    } catch (IOException e) {
      throw new InvalidPlanException(
          node.source() + ": " + node.name(key) + " names " + file + ", which cannot be read.", e);
    }
  }

  /**
   * The file that {@code key} names: relative to the plan's folder, or, because published plans
   * name files relative to the root of their repository, to a folder above it.
   */
  Path find(PlanNode node, String key) {
    Path named;
    try {
      named = Path.of(node.text(key).orElseThrow(() -> node.invalid(key, "the path of a file")));
    } catch (InvalidPathException e) {
      throw node.invalid(key, "the path of a file");
    }
    for (Path base = folder.orElse(null); base != null; base = base.getParent()) {
      Path file = base.resolve(named).normalize();
      if (Files.isRegularFile(file)) {
        return file;
      }
    }
    throw node.contradiction(
        key,
        folder
            .map(f -> "there is no such file in " + f + " or above it; copy it beside the plan")
            .orElse("a built-in plan cannot name files"));
  }
}
