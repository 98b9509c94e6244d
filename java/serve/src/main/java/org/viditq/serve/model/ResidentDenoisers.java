package org.viditq.serve.model;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.viditq.cli.console.Console;
import org.viditq.cli.console.Quantities;
import org.viditq.core.pipeline.Denoiser;
import org.viditq.quantize.apply.ChosenParameters;

/**
 * Denoisers that stay in memory between batches: loaded when they are needed first; where one more
 * would be over the budget, those that were not used for longest go. One that is over the budget by
 * itself is loaded alone. For one thread.
 */
public final class ResidentDenoisers implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ResidentDenoisers.class);

  private final long budget;
  private final Console console;
  private final Map<Key, Resident> residents = new LinkedHashMap<>(16, 0.75f, true);
  private volatile int count;

  private record Key(ServedModel model, String plan) {}

  private record Resident(Denoiser denoiser, ChosenParameters parameters, long bytes) {
    void close() {
      try {
        denoiser.close();
      } finally {
        parameters.close();
      }
    }
  }

  /**
   * @param budget bytes
   * @param console shows how far the loading of one is
   */
  public ResidentDenoisers(long budget, Console console) {
    this.budget = budget;
    this.console = console;
  }

  /** The denoiser of a model under a plan, loaded if it is not there; it stays this object's. */
  public Denoiser acquire(ServedModel model, String plan) {
    Key key = new Key(model, plan);
    Resident resident = residents.get(key);
    if (resident == null) {
      long bytes = model.residentBytes(plan);
      makeRoom(bytes);
      resident = load(key, bytes);
      residents.put(key, resident);
      count = residents.size();
    }
    return resident.denoiser();
  }

  /** Whether {@link #acquire} would have nothing to load. */
  public boolean holds(ServedModel model, String plan) {
    return residents.containsKey(new Key(model, plan));
  }

  private void makeRoom(long bytes) {
    long held = residents.values().stream().mapToLong(Resident::bytes).sum();
    for (Iterator<Map.Entry<Key, Resident>> oldest = residents.entrySet().iterator();
        held + bytes > budget && oldest.hasNext(); ) {
      Map.Entry<Key, Resident> gone = oldest.next();
      LOG.info("{} leaves memory for another model.", gone.getKey().model().name());
      oldest.remove();
      held -= gone.getValue().bytes();
      gone.getValue().close();
    }
    count = residents.size();
  }

  private Resident load(Key key, long bytes) {
    console.note(
        "Loads "
            + key.model().name()
            + ", "
            + key.plan()
            + ", about "
            + Quantities.bytes(bytes)
            + ".");
    ChosenParameters parameters = key.model().choose(key.plan(), console);
    try {
      return new Resident(
          key.model()
              .pipeline(key.plan(), java.util.Optional.empty())
              .openDenoiser(parameters.parameters()),
          parameters,
          bytes);
    } catch (RuntimeException | Error unprepared) {
      parameters.close();
      throw unprepared;
    }
  }

  /** How many there are; for any thread. */
  public int count() {
    return count;
  }

  @Override
  public void close() {
    residents.values().forEach(Resident::close);
    residents.clear();
    count = 0;
  }
}
