package org.viditq.core.checkpoint;

import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.viditq.core.error.Printable;

/**
 * The tensors of another checkpoint whose names start with a prefix, without it. Closing the view
 * leaves the other one open.
 */
public final class PrefixedCheckpoint implements Checkpoint {
  private final Checkpoint base;
  private final String prefix;
  private final Set<String> names = new LinkedHashSet<>();

  /**
   * @param prefix includes its trailing dot, if any
   */
  public PrefixedCheckpoint(Checkpoint base, String prefix) {
    this.base = base;
    this.prefix = prefix;
    for (String name : base.names()) {
      if (name.startsWith(prefix)) {
        names.add(name.substring(prefix.length()));
      }
    }
  }

  @Override
  public String source() {
    return base.source() + " below " + Printable.name(prefix);
  }

  @Override
  public Set<String> names() {
    return Collections.unmodifiableSet(names);
  }

  @Override
  public boolean contains(String name) {
    return names.contains(name);
  }

  @Override
  public StoredTensor get(String name) {
    if (!contains(name)) {
      throw Checkpoints.missing(name, this);
    }
    return new RenamedTensor(name, base.get(prefix + name));
  }

  @Override
  public Map<String, String> metadata() {
    return base.metadata();
  }

  @Override
  public void close() {}
}
