package org.viditq.core.io;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import org.viditq.core.machine.ProcessLimits;

/** Why the file system refused, in words: the messages of Java's exceptions are mere paths. */
public final class IoReason {
  private IoReason() {}

  /** A clause without a full stop, to be put behind a colon. */
  public static String of(IOException e) {
    if (e instanceof NoSuchFileException) {
      return "there is no such file or folder";
    }
    if (e instanceof AccessDeniedException) {
      return "permission denied";
    }
    if (e instanceof FileAlreadyExistsException) {
      return ((FileAlreadyExistsException) e).getFile() + " exists and is in the way";
    }
    if (e instanceof NotDirectoryException) {
      return ((NotDirectoryException) e).getFile() + " is not a folder";
    }
    if (e instanceof DirectoryNotEmptyException) {
      return ((DirectoryNotEmptyException) e).getFile() + " is a folder that is not empty";
    }
    String reason =
        e instanceof FileSystemException && ((FileSystemException) e).getReason() != null
            ? ((FileSystemException) e).getReason()
            : e.getMessage();
    return ProcessLimits.current()
        .explain(reason)
        .orElseGet(
            () -> reason == null ? e.getClass().getSimpleName() : lowerFirst(reason.strip()));
  }

  private static String lowerFirst(String text) {
    return text.isEmpty() ? text : Character.toLowerCase(text.charAt(0)) + text.substring(1);
  }
}
