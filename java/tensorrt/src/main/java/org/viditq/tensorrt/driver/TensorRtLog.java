package org.viditq.tensorrt.driver;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.stream.Collectors;
import org.bytedeco.tensorrt.nvinfer.ILogger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.viditq.core.error.Printable;

/**
 * What TensorRT says: passed on to this program's log, errors as details, since whoever fails
 * because of one says so with {@link #errors}.
 */
public final class TensorRtLog extends ILogger {
  private static final Logger LOG = LoggerFactory.getLogger("TensorRT");
  private static final int MOST = 20;
  private static final int MOST_SHOWN = 3;

  private final Deque<String> errors = new ArrayDeque<>();
  private final Deque<String> warnings = new ArrayDeque<>();

  /** Called by TensorRT, from any thread; nothing may be thrown. */
  @Override
  public void log(Severity severity, String message) {
    try {
      switch (severity.intern()) {
        case kINTERNAL_ERROR, kERROR -> {
          LOG.debug("{}", message);
          add(errors, message);
        }
        case kWARNING -> {
          LOG.debug("{}", message);
          add(warnings, message);
        }
        default -> LOG.trace("{}", message);
      }
    } catch (RuntimeException lost) {
      // A line of the log is not worth a crash.
    }
  }

  private static void add(Deque<String> lines, String line) {
    synchronized (lines) {
      if (lines.size() == MOST) {
        lines.removeLast(); // the first ones are the causes
      }
      lines.addLast(line);
    }
  }

  /** Forgets what was said. */
  public void clear() {
    for (Deque<String> lines : List.of(errors, warnings)) {
      synchronized (lines) {
        lines.clear();
      }
    }
  }

  /** The first errors since {@link #clear}, as a clause; a clause that there were none if so. */
  public String errors() {
    synchronized (errors) {
      return errors.isEmpty()
          ? "it does not say why"
          : errors.stream()
              .limit(MOST_SHOWN)
              .map(line -> Printable.name(line.strip()))
              .collect(Collectors.joining("; "));
    }
  }

  /** The first warnings since {@link #clear}. */
  public List<String> warnings() {
    synchronized (warnings) {
      return List.copyOf(warnings);
    }
  }
}
