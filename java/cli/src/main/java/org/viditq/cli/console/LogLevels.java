package org.viditq.cli.console;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import org.slf4j.LoggerFactory;
import org.viditq.cli.option.CommonOptions;

/** {@code --debug} logs everything of ours, {@code --quiet} still logs warnings. */
final class LogLevels {
  private LogLevels() {}

  static void apply(CommonOptions options) {
    org.slf4j.Logger logger = LoggerFactory.getLogger("org.viditq");
    if (logger instanceof Logger) {
      ((Logger) logger).setLevel(options.debug ? Level.DEBUG : Level.WARN);
    }
  }
}
