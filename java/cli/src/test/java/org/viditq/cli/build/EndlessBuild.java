package org.viditq.cli.build;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import org.viditq.onnx.GraphFile;
import org.viditq.tensorrt.build.BuildListener;
import org.viditq.tensorrt.build.BuildOptions;
import org.viditq.tensorrt.engine.Profile;

/** The command with a build that goes on until the process is stopped. */
public final class EndlessBuild {
  private EndlessBuild() {}

  public static void main(String[] arguments) {
    FakeBuilder endless =
        new FakeBuilder() {
          @Override
          public void build(
              GraphFile graph,
              List<Profile> all,
              BuildOptions how,
              Path target,
              BuildListener listener) {
            write(target, "half an engine");
            System.out.println("building");
            while (!listener.isCancelled()) {
              Thread.onSpinWait();
            }
          }
        };
    PrintWriter err = new PrintWriter(System.err, true);
    System.exit(BuildRun.run(endless, new PrintWriter(System.out), err, (Object[]) arguments));
  }
}
