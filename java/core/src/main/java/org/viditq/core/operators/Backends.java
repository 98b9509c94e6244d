package org.viditq.core.operators;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.viditq.core.error.BackendException;
import org.viditq.core.error.Printable;
import org.viditq.core.error.UsageException;

/** The backends on the class path. */
public final class Backends {
  private static final Logger LOG = LoggerFactory.getLogger(Backends.class);

  private Backends() {}

  /** All of them, highest priority first. */
  public static List<Backend> all() {
    return ServiceLoader.load(Backend.class).stream()
        .map(ServiceLoader.Provider::get)
        .sorted(Comparator.comparingInt(Backend::priority).reversed())
        .collect(Collectors.toList());
  }

  /**
   * The backend called {@code name}; for {@code auto} the best available one, with a warning for
   * each better one that cannot run.
   *
   * @throws UsageException if there is none of that name
   * @throws BackendException if it cannot run here, or for {@code auto} if a limit of this process
   *     is in the way of a better one
   */
  public static Backend find(String name) {
    List<Backend> all = all();
    for (Backend backend : all) {
      if (name.equals("auto")) {
        Optional<String> unavailable = backend.unavailable();
        if (unavailable.isEmpty()) {
          return backend;
        }
        if (backend.isHeldBackByLimit()) {
          throw new BackendException(
              "Backend " + backend.name() + " cannot run here: " + unavailable.get());
        }
        LOG.warn("Backend {} is left out: {}", backend.name(), unavailable.get());
      } else if (backend.name().equals(name)) {
        backend
            .unavailable()
            .ifPresent(
                why -> {
                  throw new BackendException("Backend " + name + " cannot run here: " + why);
                });
        return backend;
      }
    }
    String known = all.stream().map(Backend::name).collect(Collectors.joining(", "));
    throw new UsageException(
        "There is no backend " + Printable.name(name) + "; choose auto or one of: " + known + ".");
  }
}
