package org.viditq.cli.option;

import java.util.Iterator;
import java.util.stream.Stream;
import org.viditq.core.operators.Backend;
import org.viditq.core.operators.Backends;

/** The names that {@code --backend} takes, for help and completion: those that are there. */
final class BackendNames implements Iterable<String> {
  @Override
  public Iterator<String> iterator() {
    return Stream.concat(Stream.of("auto"), Backends.all().stream().map(Backend::name)).iterator();
  }
}
