package org.viditq.cuda.tensorrt;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.tensorrt.global.nvinfer.PluginFieldType;
import org.bytedeco.tensorrt.nvinfer.PluginField;
import org.bytedeco.tensorrt.nvinfer.PluginFieldCollection;

/** Fields for a creator, in memory that lives until this is closed. */
final class PluginFields implements AutoCloseable {
  private record Entry(BytePointer name, Pointer data, PluginFieldType type, int length) {}

  private final List<Entry> entries = new ArrayList<>();
  private PluginField array;
  private PluginFieldCollection collection;

  PluginFields with(String name, int... values) {
    return add(name, new IntPointer(values), PluginFieldType.kINT32, values.length);
  }

  PluginFields withReal(String name, float value) {
    return add(name, new FloatPointer(new float[] {value}), PluginFieldType.kFLOAT32, 1);
  }

  private PluginFields add(String name, Pointer data, PluginFieldType type, int length) {
    entries.add(new Entry(new BytePointer(name), data, type, length));
    return this;
  }

  PluginFieldCollection collection() {
    array = new PluginField(Math.max(1, entries.size()));
    for (int i = 0; i < entries.size(); i++) {
      Entry entry = entries.get(i);
      try (PluginField field =
          new PluginField(entry.name(), entry.data(), entry.type().value, entry.length())) {
        array.getPointer(i).put(field);
      }
    }
    collection = new PluginFieldCollection();
    return collection.nbFields(entries.size()).fields(array);
  }

  @Override
  public void close() {
    entries.forEach(
        entry -> {
          entry.name().close();
          entry.data().close();
        });
    if (array != null) {
      array.close();
      collection.close();
    }
  }
}
