package org.viditq.cli.bundle;

import java.io.IOException;
import java.nio.file.Path;

/** Where the files of a bundle go: a folder or an archive. */
interface BundleSink extends AutoCloseable {
  /**
   * @param name in the bundle, with slashes
   * @param executable whether it is a program
   */
  void add(String name, Path file, boolean executable) throws IOException;

  /** A small file, in UTF-8. */
  void addText(String name, String text, boolean executable) throws IOException;

  /**
   * Another name of a file that was added.
   *
   * @param target its name in the folder that both lie in
   */
  void addLink(String name, String target) throws IOException;

  @Override
  void close() throws IOException;
}
