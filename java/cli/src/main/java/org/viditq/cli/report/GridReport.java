package org.viditq.cli.report;

import java.util.List;
import org.viditq.cli.report.ComparisonReport.Fact;

/**
 * One HTML page of coloured tables, which needs no network and no script.
 *
 * @param title of the page
 * @param lead what it shows, one paragraph each
 * @param grids in order
 * @param facts settings and machine
 */
public record GridReport(String title, List<String> lead, List<Grid> grids, List<Fact> facts) {
  public GridReport {
    lead = List.copyOf(lead);
    grids = List.copyOf(grids);
    facts = List.copyOf(facts);
  }

  /** The page. */
  public String toHtml() {
    return Templates.find("grids").execute(this);
  }
}
