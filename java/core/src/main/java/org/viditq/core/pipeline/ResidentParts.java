package org.viditq.core.pipeline;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.viditq.core.error.BackendException;

/**
 * Loaded parts that stay in memory between uses, up to a budget. A part is loaded when it is first
 * asked for; where it does not fit beside the others, those that were not used for longest go. What
 * is in use stays, whatever the budget.
 *
 * <p>Thread-safe, but a part itself is for one thread at a time.
 *
 * @param <K> what parts are told apart by
 */
public final class ResidentParts<K> implements AutoCloseable {
  private final long budget;
  private final Consumer<K> displaced;
  private final Map<K, Entry> entries = new LinkedHashMap<>(16, 0.75f, true);

  /** The keys of entries; who asks for them need not wait until a part is loaded. */
  private volatile Set<K> loaded = Set.of();

  private static final class Entry {
    private final LoadedPart part;
    private final long bytes;
    private final boolean stays;
    private int leases;

    Entry(LoadedPart part, long bytes, boolean stays) {
      this.part = part;
      this.bytes = bytes;
      this.stays = stays;
    }
  }

  /**
   * The use of a part; it is not closed meanwhile.
   *
   * @param <T> type of the part
   */
  public static final class Lease<T extends LoadedPart> implements AutoCloseable {
    private final T part;
    private Runnable end;

    private Lease(T part, Runnable end) {
      this.part = part;
      this.end = end;
    }

    public T part() {
      return part;
    }

    /** Ends the use: idle memory is given back, and the part stays if there is room for it. */
    @Override
    public void close() {
      Runnable last = end;
      end = () -> {};
      last.run();
    }
  }

  /**
   * @param budget bytes of all parts that stay
   * @param displaced told of a part that goes because another one needs its room
   */
  public ResidentParts(long budget, Consumer<K> displaced) {
    this.budget = budget;
    this.displaced = displaced;
  }

  /**
   * A part that all others make room for. It stays, alone if it is over the budget by itself.
   *
   * @param bytes that it takes
   * @param load makes it, where it is not there
   */
  public synchronized <T extends LoadedPart> Lease<T> lease(
      K key, Class<T> type, long bytes, Supplier<T> load) {
    if (!entries.containsKey(key)) {
      makeRoom(bytes, Set.of());
      add(key, bytes, true, load);
    }
    return leased(key, type);
  }

  /**
   * A part that works in turn with others, and does not displace them: they would displace each
   * other every time. Where there is no room for it beside them it goes when its use ends.
   *
   * @param companions that stay
   */
  public synchronized <T extends LoadedPart> Lease<T> leaseBeside(
      Set<K> companions, K key, Class<T> type, long bytes, Supplier<T> load) {
    if (!entries.containsKey(key)) {
      long taken =
          entries.entrySet().stream()
              .filter(entry -> !isFree(entry, companions))
              .mapToLong(entry -> entry.getValue().bytes)
              .sum();
      boolean fits = taken + bytes <= budget;
      if (fits) {
        makeRoom(bytes, companions);
      }
      add(key, bytes, fits, load);
    }
    return leased(key, type);
  }

  private <T extends LoadedPart> Lease<T> leased(K key, Class<T> type) {
    Entry entry = entries.get(key);
    T part = type.cast(entry.part);
    entry.leases++;
    return new Lease<>(part, () -> release(key));
  }

  /** Memory may be short for other reasons than the budget; then everything idle goes. */
  private void add(K key, long bytes, boolean stays, Supplier<? extends LoadedPart> load) {
    LoadedPart part;
    try {
      part = load.get();
    } catch (BackendException | OutOfMemoryError noMemory) {
      if (entries.values().stream().allMatch(entry -> entry.leases > 0)) {
        throw noMemory;
      }
      displace(Long.MAX_VALUE, Set.of());
      part = load.get();
    }
    entries.put(key, new Entry(part, bytes, stays));
    loaded = Set.copyOf(entries.keySet());
  }

  private boolean isFree(Map.Entry<K, Entry> entry, Set<K> companions) {
    return entry.getValue().leases == 0 && !companions.contains(entry.getKey());
  }

  private void makeRoom(long bytes, Set<K> companions) {
    long held = entries.values().stream().mapToLong(entry -> entry.bytes).sum();
    displace(held + bytes - budget, companions);
  }

  /** Those that were not used for longest go, until {@code missing} bytes are free. */
  private void displace(long missing, Set<K> companions) {
    long left = missing;
    for (Iterator<Map.Entry<K, Entry>> oldest = entries.entrySet().iterator();
        left > 0 && oldest.hasNext(); ) {
      Map.Entry<K, Entry> next = oldest.next();
      if (isFree(next, companions)) {
        oldest.remove();
        loaded = Set.copyOf(entries.keySet());
        left -= next.getValue().bytes;
        displaced.accept(next.getKey());
        next.getValue().part.close();
      }
    }
  }

  private synchronized void release(K key) {
    Entry entry = entries.get(key);
    entry.leases--;
    if (entry.leases == 0) {
      if (entry.stays) {
        entry.part.releaseIdleMemory();
      } else {
        entries.remove(key);
        loaded = Set.copyOf(entries.keySet());
        entry.part.close();
      }
    }
  }

  /** The parts that are loaded. */
  public Set<K> keys() {
    return loaded;
  }

  /** Closes all parts, which nobody may be using; others may be loaded afterwards. */
  @Override
  public synchronized void close() {
    entries.values().forEach(entry -> entry.part.close());
    entries.clear();
    loaded = Set.of();
  }
}
