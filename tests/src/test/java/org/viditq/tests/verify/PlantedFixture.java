package org.viditq.tests.verify;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.viditq.core.operators.Backends;
import org.viditq.core.operators.Operators;
import org.viditq.verify.CaseResult;
import org.viditq.verify.Verifier;
import org.viditq.verify.fixture.FixtureCase;
import org.viditq.verify.runner.CaseRunner;
import org.viditq.verify.runner.CaseRunners;
import org.viditq.verify.runner.Results;

/**
 * A fixture file written byte by byte, independent of the product's writer: expects {@code output}
 * = [1, -2, 0, 4] (float32 [2, 2]) and {@code codes} = [0, 7, -3] (int32 [3]).
 */
public final class PlantedFixture {
  public static final String FILE = "planted.op__case.safetensors";
  private static final float[] OUTPUT = {1, -2, 0, 4};
  private static final int[] CODES = {0, 7, -3};

  private final Map<String, String> metadata = new LinkedHashMap<>();

  public PlantedFixture() {
    metadata.put("format_version", "1");
    metadata.put("op", "planted.op");
    metadata.put("case", "case");
    metadata.put("source", "planted by a test");
    metadata.put("config", "{}");
    metadata.put("rtol", "1e-3");
    metadata.put("atol", "1e-4");
  }

  /** Sets a metadata entry; null removes it. */
  public PlantedFixture with(String key, String value) {
    if (value == null) {
      metadata.remove(key);
    } else {
      metadata.put(key, value);
    }
    return this;
  }

  public Path write(Path folder) throws IOException {
    StringBuilder header = new StringBuilder("{\"__metadata__\":{");
    String separator = "";
    for (Map.Entry<String, String> entry : metadata.entrySet()) {
      header.append(separator).append('"').append(entry.getKey()).append("\":\"");
      header.append(entry.getValue().replace("\"", "\\\"")).append('"');
      separator = ",";
    }
    header.append(
        "},\"expected.output\":{\"dtype\":\"F32\",\"shape\":[2,2],\"data_offsets\":[0,16]},"
            + "\"expected.codes\":{\"dtype\":\"I32\",\"shape\":[3],\"data_offsets\":[16,28]}}");
    while (header.length() % 8 != 0) {
      header.append(' ');
    }
    byte[] json = header.toString().getBytes(StandardCharsets.UTF_8);
    ByteBuffer bytes = ByteBuffer.allocate(8 + json.length + 28).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(json.length).put(json);
    for (float value : OUTPUT) {
      bytes.putFloat(value);
    }
    for (int code : CODES) {
      bytes.putInt(code);
    }
    return Files.write(folder.resolve(FILE), bytes.array());
  }

  /** What a correct backend would compute. */
  static Results correct() {
    return new Results().put("output", output(OUTPUT)).put("codes", CODES.clone(), 3);
  }

  static org.viditq.core.tensor.Tensor output(float... values) {
    return org.viditq.core.tensor.Tensor.of(values.clone(), 2, 2);
  }

  /** Verifies the file with a runner that returns {@code results}. */
  static CaseResult verify(Path file, Results results) {
    return verifier(results).verifyCase(file);
  }

  static Verifier verifier(Results results) {
    return verifier(
        new CaseRunner() {
          @Override
          public <V> Results run(FixtureCase fixture, Operators<V> operators) {
            return results;
          }
        });
  }

  static Verifier verifier(CaseRunner runner) {
    return new Verifier(
        Backends.find("reference"), 1, new CaseRunners(Map.of("planted.op", runner)));
  }
}
