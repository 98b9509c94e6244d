package org.viditq.core.error;

/**
 * Root of every failure that a user can cause or act on.
 *
 * <p>The message is one sentence that says what is wrong, where, and what to do. The command line
 * prints it alone and exits with 1 (with 2 for {@link UsageException}); a stack trace appears only
 * with {@code --debug}.
 */
public class ViditqException extends RuntimeException {
  public ViditqException(String message) {
    super(printable(message));
  }

  public ViditqException(String message, Throwable cause) {
    super(printable(message), cause);
  }

  /** Names from a damaged or hostile file may hold line breaks or terminal commands. */
  private static String printable(String message) {
    return Printable.line(message);
  }
}
