package org.viditq.cli.serve;

import java.util.ServiceLoader;

/**
 * The command {@code serve}: a picocli command of a module of its own, found with {@link
 * ServiceLoader}, so that users of the other commands need not carry an HTTP server.
 */
public interface Server {
  String HEADER = "Answer requests for pictures and clips over HTTP, as OpenAI's API does.";

  /** The command, or where there is none, one that says how to get it. */
  static Server find() {
    return ServiceLoader.load(Server.class).findFirst().orElseGet(MissingServer::new);
  }
}
