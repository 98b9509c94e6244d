package org.viditq.verify;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.viditq.core.error.UsageException;

/** Finds the cases below a folder: {@code *.safetensors}, and {@code cases.json} of subfolders. */
public final class FixtureFolder {
  static final String TOKENIZER_CASES = "cases.json";

  private FixtureFolder() {}

  /**
   * The case files in order of their names; a single file is a folder of one case.
   *
   * @throws UsageException if there is no such folder, or no case in it
   */
  public static List<Path> cases(Path folder) {
    if (Files.isRegularFile(folder)) {
      return List.of(folder);
    }
    if (!Files.isDirectory(folder)) {
      throw new UsageException(
          "There is no fixture folder " + folder + "; name a folder of .safetensors cases.");
    }
    try (Stream<Path> files = Files.walk(folder, 2)) {
      List<Path> cases = files.filter(file -> isCase(folder, file)).sorted().toList();
      if (cases.isEmpty()) {
        throw new UsageException(
            "Folder " + folder + " holds no fixture (*.safetensors), so nothing can be verified.");
      }
      return cases;
    } catch (IOException unreadable) {
      throw new UsageException("Cannot list the fixture folder " + folder + ".", unreadable);
    }
  }

  private static boolean isCase(Path folder, Path file) {
    boolean inFolder = folder.equals(file.getParent());
    String name = file.getFileName().toString();
    return Files.isRegularFile(file)
        && (inFolder ? name.endsWith(".safetensors") : name.equals(TOKENIZER_CASES));
  }
}
