package org.viditq.cli.option;

import java.util.Iterator;
import org.viditq.core.schedule.SchedulerFactory;

/** The names that {@code --scheduler} takes, for help and completion. */
final class SchedulerNames implements Iterable<String> {
  @Override
  public Iterator<String> iterator() {
    return SchedulerFactory.names().iterator();
  }
}
