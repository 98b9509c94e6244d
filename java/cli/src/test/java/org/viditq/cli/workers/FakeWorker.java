package org.viditq.cli.workers;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.viditq.core.workers.WorkerCommand;
import org.viditq.core.workers.WorkerLines;
import org.viditq.core.workers.WorkerLines.Kind;

/**
 * A worker whose results are empty files. Arguments: the fingerprint, a unit that it ends over and
 * how often, a unit that it refuses.
 */
final class FakeWorker {
  private FakeWorker() {}

  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(System.getProperty(WorkerCommand.FOLDER));
    int deadly = Integer.parseInt(arguments[1]);
    int deaths = Integer.parseInt(arguments[2]);
    int refused = Integer.parseInt(arguments[3]);
    System.out.println("what a library prints");
    System.out.println(WorkerLines.print(Kind.READY, 0, arguments[0]));
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      int unit = Integer.parseInt(line);
      if (unit == deadly && !Files.exists(folder.resolve("death-" + deaths))) {
        int death = 1;
        while (Files.exists(folder.resolve("death-" + death))) {
          death++;
        }
        Files.createFile(folder.resolve("death-" + death));
        System.err.println("Out of memory, perhaps.");
        System.exit(9);
      }
      if (unit == refused) {
        System.out.println(WorkerLines.print(Kind.FAILED, unit, "The metric is no number."));
      } else {
        Files.createFile(folder.resolve("unit-" + unit));
        System.out.println(WorkerLines.print(Kind.DONE, unit, "unit-" + unit));
      }
    }
    Files.writeString(folder.resolve("ended-" + ProcessHandle.current().pid()), "");
  }
}
