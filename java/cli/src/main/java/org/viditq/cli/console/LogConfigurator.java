package org.viditq.cli.console;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.LayoutBase;
import ch.qos.logback.core.encoder.LayoutWrappingEncoder;
import ch.qos.logback.core.spi.ContextAwareBase;
import java.util.Locale;
import org.viditq.core.error.Printable;

/**
 * Log lines to standard error in plain form: {@code warning: message}. In code rather than XML,
 * which would take a tenth of the start time; found by logback with ServiceLoader.
 */
public final class LogConfigurator extends ContextAwareBase implements Configurator {
  /** Without stack traces; names from files are escaped. */
  private static final class PlainLines extends LayoutBase<ILoggingEvent> {
    @Override
    public String doLayout(ILoggingEvent event) {
      String level =
          event.getLevel() == Level.WARN
              ? "warning"
              : event.getLevel().toString().toLowerCase(Locale.ROOT);
      return "viditq: "
          + level
          + ": "
          + Printable.line(event.getFormattedMessage())
          + System.lineSeparator();
    }
  }

  @Override
  public ExecutionStatus configure(LoggerContext context) {
    LayoutWrappingEncoder<ILoggingEvent> encoder = new LayoutWrappingEncoder<>();
    encoder.setContext(context);
    encoder.setLayout(new PlainLines());
    encoder.start();

    ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
    appender.setContext(context);
    appender.setName("stderr");
    appender.setTarget("System.err");
    appender.setEncoder(encoder);
    appender.start();

    Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    root.setLevel(Level.WARN);
    root.addAppender(appender);
    // The tokenizers' library warns of CUDA drivers that it does not need.
    context.getLogger("ai.djl").setLevel(Level.ERROR);
    return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
  }
}
