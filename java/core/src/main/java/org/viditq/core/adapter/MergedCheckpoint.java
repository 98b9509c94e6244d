package org.viditq.core.adapter;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.tensor.DType;

/** A checkpoint whose weights are seen with adapters merged. Closing it closes all files. */
final class MergedCheckpoint implements Checkpoint {
  private final Checkpoint original;
  private final List<LoraFile> adapters;
  private final String source;
  private final Map<String, List<RowsUpdate>> updates;
  private final boolean typesKept;

  MergedCheckpoint(
      Checkpoint original,
      List<LoraFile> adapters,
      String source,
      Map<String, List<RowsUpdate>> updates,
      boolean typesKept) {
    this.original = original;
    this.adapters = adapters;
    this.source = source;
    this.updates = updates;
    this.typesKept = typesKept;
  }

  @Override
  public String source() {
    return source;
  }

  @Override
  public Set<String> names() {
    return original.names();
  }

  @Override
  public boolean contains(String name) {
    return original.contains(name);
  }

  @Override
  public StoredTensor get(String name) {
    StoredTensor tensor = original.get(name);
    List<RowsUpdate> changes = updates.get(name);
    return changes == null ? tensor : new MergedTensor(tensor, changes, type(tensor.dtype()));
  }

  private DType type(DType stored) {
    boolean writable =
        stored == DType.F16 || stored == DType.BF16 || stored == DType.F32 || stored == DType.F64;
    return typesKept && writable ? stored : DType.F32;
  }

  @Override
  public Map<String, String> metadata() {
    return original.metadata();
  }

  @Override
  public void close() {
    original.close();
    adapters.forEach(LoraFile::close);
  }
}
