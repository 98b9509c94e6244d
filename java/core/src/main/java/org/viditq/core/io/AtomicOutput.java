package org.viditq.core.io;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.stream.Stream;
import org.viditq.core.error.OutputException;

/**
 * A result that appears complete or not at all: it is written to {@link #path()}, a temporary name
 * beside the target, or in it where that is a folder which exists, and {@link #commit()} moves it
 * to its place. So it never moves between file systems: the folder may be a volume of its own or a
 * link to one, and a link to a file stays a link.
 *
 * <pre>{@code
 * try (AtomicOutput output = AtomicOutput.file(target)) {
 *   Files.write(output.path(), bytes);
 *   output.commit();
 * }
 * }</pre>
 *
 * <p>Closing without a commit deletes what was written, and so does the end of the JVM by Ctrl-C or
 * SIGTERM. What a killed process has left is deleted by the next one that writes to the same folder
 * ({@link UnfinishedName}). Parent folders are created, and removed again if nothing comes of them.
 * All methods throw {@link OutputException} naming the target where the file system refuses.
 */
public final class AtomicOutput implements AutoCloseable {
  private final Path target;
  private final boolean folder;
  private final List<Path> createdParents;
  private final UnfinishedName name;
  private final Path path;
  private boolean open = true;

  /** A file; an existing one is replaced. */
  public static AtomicOutput file(Path target) {
    return new AtomicOutput(target, false);
  }

  /**
   * A folder, given empty. If the target exists its files are replaced one by one where the names
   * are equal, and kept where not.
   */
  public static AtomicOutput folder(Path target) {
    return new AtomicOutput(target, true);
  }

  private AtomicOutput(Path target, boolean folder) {
    this.target = behindLink(target.toAbsolutePath().normalize(), folder);
    this.folder = folder;
    if (this.target.getFileName() == null) {
      throw new OutputException("Cannot write " + target + ": it is the root of the file system.");
    }
    // A device such as /dev/null must not be replaced by a file.
    if (Files.exists(this.target)
        && !(folder ? Files.isDirectory(this.target) : Files.isRegularFile(this.target))) {
      throw new OutputException(
          "Cannot write "
              + target
              + ": it exists and is not a "
              + (folder ? "folder." : "regular file."));
    }
    Path place = folder && Files.exists(this.target) ? this.target : this.target.getParent();
    UnfinishedName.removeLeftovers(place);
    // The shutdown hook waits meanwhile: it must know of everything that is there.
    synchronized (Unfinished.LOCK) {
      requireRunning();
      Deque<Path> created = new ArrayDeque<>();
      try {
        createParents(place, created);
        this.name = UnfinishedName.claim(place);
      } catch (IOException e) {
        deleteEmpty(created);
        throw failure(e);
      }
      this.path = name.path();
      this.createdParents = List.copyOf(created);
      try {
        // With the permissions of an ordinary file, unlike what Files.createTempFile makes.
        if (folder) {
          Files.createDirectory(path);
        } else {
          Files.createFile(path);
        }
      } catch (IOException e) {
        discard();
        throw failure(e);
      }
      Unfinished.add(this);
    }
  }

  /** What a link to a file stands for; other paths as they are. */
  private static Path behindLink(Path target, boolean folder) {
    if (folder || !Files.isSymbolicLink(target) || !Files.exists(target)) {
      return target;
    }
    try {
      return target.toRealPath();
    } catch (IOException e) {
      throw new OutputException("Cannot write " + target + ": " + IoReason.of(e) + ".", e);
    }
  }

  private void requireRunning() {
    if (Unfinished.isStopping()) {
      throw new OutputException("Cannot write " + target + ": the program is being stopped.");
    }
  }

  /** Creates missing parents and pushes those it created, so that the deepest comes first. */
  private static void createParents(Path parent, Deque<Path> created) throws IOException {
    if (Files.isDirectory(parent)) {
      return;
    }
    if (parent.getParent() != null) {
      createParents(parent.getParent(), created);
    }
    try {
      Files.createDirectory(parent);
      created.push(parent);
    } catch (FileAlreadyExistsException e) {
      if (!Files.isDirectory(parent)) {
        throw e;
      }
    }
  }

  /** Where to write: an empty file to overwrite, or an empty folder to fill. */
  public Path path() {
    return path;
  }

  /** Where the result will be. */
  public Path target() {
    return target;
  }

  /** Forces what was written to the disk and moves it to its place. */
  public void commit() {
    if (!open) {
      throw new IllegalStateException("The output " + target + " is already closed.");
    }
    try {
      for (Path file : files()) {
        force(file);
      }
      // All of a folder's files or none: the shutdown hook waits meanwhile.
      synchronized (Unfinished.LOCK) {
        requireRunning();
        if (folder && Files.exists(target)) {
          merge();
        } else {
          move(path, target);
        }
        // Once the target is there the folders above it stay.
        open = false;
        name.release();
        Unfinished.remove(this);
      }
      forceFolder(target.getParent());
    } catch (UncheckedIOException e) {
      throw failure(e.getCause());
    } catch (IOException e) {
      throw failure(e);
    }
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> tree = Files.walk(path)) {
      return tree.filter(p -> !Files.isDirectory(p, NOFOLLOW_LINKS)).toList();
    }
  }

  private void merge() throws IOException {
    try (Stream<Path> tree = Files.walk(path)) {
      for (Path source : (Iterable<Path>) tree::iterator) {
        Path destination = target.resolve(path.relativize(source));
        if (Files.isDirectory(source)) {
          Files.createDirectories(destination);
        } else {
          move(source, destination);
        }
      }
    }
    FileTrees.delete(path);
  }

  private static void move(Path from, Path to) throws IOException {
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private static void force(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
  }

  /** Makes the move itself durable, where the file system lets a folder be opened. */
  private static void forceFolder(Path folder) {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException notSupported) {
      // The content is safe; only after a power failure might the old name be back.
    }
  }

  /** Deletes what was written, unless it was committed. */
  @Override
  public void close() {
    if (open) {
      open = false;
      discard();
      Unfinished.remove(this);
    }
  }

  /**
   * Whether a file belongs to a result that is being written, or was when its process was killed.
   */
  public static boolean isUnfinished(Path file) {
    return UnfinishedName.isOne(file);
  }

  /** Whether the JVM is being stopped: then what is unfinished is deleted, and nothing is begun. */
  public static boolean isStopping() {
    return Unfinished.isStopping();
  }

  /** Also called by the shutdown hook, while the writer may still be running. */
  void discard() {
    FileTrees.delete(folder ? renamed() : path);
    name.release();
    deleteEmpty(createdParents);
  }

  /** Out of the reach of a writer that has not noticed the end and would go on filling it. */
  private Path renamed() {
    try {
      return Files.move(path, path.resolveSibling(path.getFileName() + UnfinishedName.DELETED));
    } catch (IOException gone) {
      return path;
    }
  }

  private static void deleteEmpty(Collection<Path> deepestFirst) {
    for (Path folder : deepestFirst) {
      try {
        Files.deleteIfExists(folder);
      } catch (IOException inUse) {
        return;
      }
    }
  }

  private OutputException failure(IOException e) {
    return new OutputException("Cannot write " + target + ": " + IoReason.of(e) + ".", e);
  }
}
