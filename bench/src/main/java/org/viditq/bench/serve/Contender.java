package org.viditq.bench.serve;

import java.util.List;
import org.viditq.serve.ViditqServer;

/**
 * A server that is measured.
 *
 * @param turns what became of its requests; grows
 */
record Contender(String name, ViditqServer server, List<Turn> turns) {
  /**
   * All requests of the load, once.
   *
   * @param figures what the server has counted meanwhile
   * @param afterwards memory at rest
   */
  record Turn(Answers answers, ServerFigures figures, Memory afterwards) {}

  /** What it says about itself now. */
  Scrape scrape() {
    return new Scrape(server.metrics());
  }

  /** Of all turns. */
  Answers answers() {
    Answers all = new Answers();
    turns.forEach(turn -> all.add(turn.answers()));
    return all;
  }

  /** Of all turns. */
  ServerFigures figures() {
    return ServerFigures.sum(turns.stream().map(Turn::figures).toList());
  }
}
