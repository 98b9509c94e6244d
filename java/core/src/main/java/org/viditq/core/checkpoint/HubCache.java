package org.viditq.core.checkpoint;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.viditq.core.error.InvalidCheckpointException;
import org.viditq.core.error.Printable;
import org.viditq.core.io.IoReason;

/**
 * Models as the Hugging Face hub's client keeps and names them.
 *
 * <p>A cached repository is a folder {@code models--ORG--NAME} that holds {@code refs/main}, the
 * hash of a revision; {@code snapshots/HASH}, the repository's files as links; and {@code blobs},
 * what the links point to.
 */
public final class HubCache {
  private static final Pattern REVISION = Pattern.compile("[0-9A-Za-z][0-9A-Za-z._-]*");
  private static final Pattern ID_PART = Pattern.compile("[0-9A-Za-z_][0-9A-Za-z._-]*");

  /** A hash and a line end; anything longer is none. */
  private static final int MAX_REF = 200;

  private HubCache() {}

  /**
   * The snapshot that a cached repository stands for: that of {@code refs/main}, or the only one.
   * Any other folder is returned as it is.
   *
   * @throws InvalidCheckpointException if {@code folder} is a cached repository without a snapshot,
   *     or with several that no {@code refs/main} chooses from
   */
  public static Path resolve(Path folder) {
    Path snapshots = folder.resolve("snapshots");
    boolean cached =
        folder.toAbsolutePath().normalize().getFileName() != null
            && folder.toAbsolutePath().normalize().getFileName().toString().startsWith("models--");
    if (!Files.isDirectory(snapshots)
        || !cached && !Files.isDirectory(folder.resolve("refs"))
        || Files.exists(folder.resolve("model_index.json"))) {
      return folder;
    }
    Optional<Path> main = mainRevision(folder).map(snapshots::resolve).filter(Files::isDirectory);
    if (main.isPresent()) {
      return main.get();
    }
    List<Path> all = list(snapshots);
    if (all.size() == 1) {
      return all.get(0);
    }
    throw new InvalidCheckpointException(
        "Hub cache folder "
            + Printable.line(folder.toString())
            + (all.isEmpty()
                ? " holds no snapshot; download the model again."
                : " holds several snapshots and no refs/main that chooses one; name "
                    + all.stream().limit(5).map(p -> Printable.line(p.toString())).toList()
                    + " or the like."));
  }

  private static Optional<String> mainRevision(Path folder) {
    Path ref = folder.resolve("refs").resolve("main");
    try {
      if (!Files.isRegularFile(ref) || Files.size(ref) > MAX_REF) {
        return Optional.empty();
      }
      // Only a name within snapshots: the text must not lead elsewhere on the disk.
      String text = new String(Files.readAllBytes(ref), StandardCharsets.UTF_8);
      return Optional.of(text.strip()).filter(hash -> REVISION.matcher(hash).matches());
    } catch (IOException unreadable) {
      return Optional.empty();
    }
  }

  private static List<Path> list(Path folder) {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.filter(Files::isDirectory).sorted().toList();
    } catch (IOException e) {
      throw new InvalidCheckpointException(
          "Cannot read folder " + Printable.line(folder.toString()) + ": " + IoReason.of(e) + ".",
          e);
    }
  }

  /**
   * What to tell about a path where nothing is: a clause that starts with {@code "; "} if the path
   * looks like the id of a model on the hub or like its address, otherwise nothing.
   */
  public static String adviceForMissing(Path path) {
    String text = path.toString().replace('\\', '/');
    if (text.startsWith("https:/") || text.startsWith("http:/")) {
      return "; it is an address, and nothing is downloaded here: download the model and name its"
          + " folder";
    }
    boolean likeId =
        !path.isAbsolute()
            && path.getNameCount() == 2
            && ID_PART.matcher(path.getName(0).toString()).matches()
            && ID_PART.matcher(path.getName(1).toString()).matches()
            && !Files.exists(path.getName(0));
    return likeId
        ? "; if it is the id of a model on the Hugging Face hub, download it (hf download "
            + text
            + " --local-dir "
            + path.getName(1)
            + ") and name its folder, "
            + path.getName(1)
        : "";
  }
}
