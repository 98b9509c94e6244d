package org.viditq.tensorrt.engine;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.viditq.core.error.OutputException;
import org.viditq.core.io.IoReason;
import org.viditq.tensorrt.engine.EngineException.Reason;

/**
 * A folder that nobody but this user can write to, nor read. What lies in it may be run, because
 * this user has put it there.
 */
final class PrivateFolder {
  private static final Set<PosixFilePermission> FOLDER =
      PosixFilePermissions.fromString("rwx------");
  private static final Set<PosixFilePermission> FILE = PosixFilePermissions.fromString("rw-------");
  private static final FileAttribute<?> NEW = PosixFilePermissions.asFileAttribute(FOLDER);

  private static final int ROOT = 0;
  private static final int WRITABLE_BY_OTHERS = 022;
  private static final int STICKY = 01000;

  private final Path path;

  private PrivateFolder(Path path) {
    this.path = path;
  }

  /**
   * Makes the folder and those above it, if they are not there.
   *
   * @throws EngineException if others could change what lies there
   * @throws OutputException if it cannot be made
   */
  static PrivateFolder create(Path path) {
    Path absolute = path.toAbsolutePath().normalize();
    try {
      createAll(absolute);
      PrivateFolder folder = new PrivateFolder(absolute.toRealPath());
      folder.require(folder.path);
      return folder;
    } catch (IOException e) {
      throw new OutputException(
          "Cannot make the folder of the engines " + absolute + ": " + IoReason.of(e) + ".", e);
    }
  }

  private static void createAll(Path folder) throws IOException {
    if (Files.isDirectory(folder)) {
      return;
    }
    if (folder.getParent() != null) {
      createAll(folder.getParent());
    }
    try {
      Files.createDirectory(folder, NEW);
    } catch (FileAlreadyExistsException other) {
      if (!Files.isDirectory(folder)) {
        throw other;
      }
    }
  }

  Path path() {
    return path;
  }

  /** A folder in it. */
  PrivateFolder folder(String name) {
    return create(path.resolve(name));
  }

  /** Takes from group and others what they may do with a file that was written into it. */
  static void close(Path file) throws IOException {
    Files.setPosixFilePermissions(file, Files.isDirectory(file) ? FOLDER : FILE);
  }

  /**
   * Requires that nobody else could have written a file or folder: that it and all folders above
   * are this user's or root's and not writable by group or others. Folders with the sticky bit, as
   * {@code /tmp}, let nobody replace what is not his.
   *
   * @throws EngineException saying who could
   */
  void require(Path entry) {
    try {
      Object user = Files.getAttribute(Path.of("/proc/self"), "unix:uid");
      for (Path at = entry; at != null; at = at.getParent()) {
        boolean own = at.equals(entry) || at.startsWith(path);
        Object owner = Files.getAttribute(at, "unix:uid", NOFOLLOW_LINKS);
        if (!owner.equals(user) && (own || !owner.equals(ROOT))) {
          throw refusal(entry, at, "belongs to another user");
        }
        if (Files.isSymbolicLink(at)) {
          throw refusal(entry, at, "is a symbolic link");
        }
        int mode = (int) Files.getAttribute(at, "unix:mode", NOFOLLOW_LINKS);
        boolean shared = (mode & WRITABLE_BY_OTHERS) != 0;
        if (shared && (own || (mode & STICKY) == 0)) {
          throw refusal(entry, at, "can be written to by others");
        }
      }
    } catch (IOException e) {
      throw new EngineException(
          Reason.UNREADABLE, "Cannot read " + entry + ": " + IoReason.of(e) + ".", e);
    }
  }

  private static EngineException refusal(Path entry, Path at, String why) {
    return new EngineException(
        Reason.NOT_PRIVATE,
        "Engines in "
            + entry
            + " are not loaded, as "
            + (at.equals(entry) ? "it " : at + " ")
            + why
            + "; make it yours alone (chmod go-w), or name another folder with --cache-folder.");
  }
}
