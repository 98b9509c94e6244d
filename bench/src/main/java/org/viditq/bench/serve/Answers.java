package org.viditq.bench.serve;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.viditq.bench.report.BenchReport;

/** What became of the requests of a load: pictures, errors, and clients that went away. */
final class Answers {
  private final List<Picture> pictures = new ArrayList<>();
  private final Map<String, Integer> errors = new TreeMap<>();
  private int sent;
  private int left;
  private double duration;

  /**
   * A picture that a client has got.
   *
   * @param took seconds
   * @param hash of the picture, {@link PictureHash}
   */
  private record Picture(int request, double took, String hash) {}

  /** Counts a request as it is sent. */
  synchronized void sent() {
    sent++;
  }

  /**
   * A request was answered with a picture.
   *
   * @param took seconds
   * @param hash of the picture
   */
  synchronized void picture(int request, double took, String hash) {
    pictures.add(new Picture(request, took, hash));
  }

  /** A request was answered with an error, or not at all; its time does not count. */
  synchronized void error(String kind) {
    errors.merge(kind, 1, Integer::sum);
  }

  /** The client of a request went away. */
  synchronized void left() {
    left++;
  }

  /** Says how long all of them took. */
  synchronized void end(double all) {
    duration += all;
  }

  /** Adds those of another turn. */
  synchronized void add(Answers other) {
    pictures.addAll(other.pictures);
    other.errors.forEach((kind, count) -> errors.merge(kind, count, Integer::sum));
    sent += other.sent;
    left += other.left;
    duration += other.duration;
  }

  /** Pictures per second. */
  double throughput() {
    return duration == 0 ? 0 : pictures.size() / duration;
  }

  /**
   * The time that so many of a hundred answers did not exceed (nearest rank); 0 where there is
   * none.
   */
  double percentile(int percent) {
    if (pictures.isEmpty()) {
      return 0;
    }
    List<Double> sorted = new ArrayList<>(pictures.stream().map(Picture::took).toList());
    Collections.sort(sorted);
    int rank = (int) Math.ceil(percent / 100.0 * sorted.size());
    return sorted.get(Math.max(1, rank) - 1);
  }

  int pictures() {
    return pictures.size();
  }

  int errors() {
    return errors.values().stream().mapToInt(Integer::intValue).sum();
  }

  /** Requests that became nothing: no picture, no error, and their client did not go away. */
  int lost() {
    return sent - pictures() - errors() - left;
  }

  /** The requests that were answered with a picture. */
  SortedSet<Integer> answered() {
    SortedSet<Integer> requests = new TreeSet<>();
    pictures.forEach(picture -> requests.add(picture.request()));
    return requests;
  }

  /**
   * How many pictures are others than they should be.
   *
   * @param alone the hash of the right one for every request that was answered
   */
  int wrong(Map<Integer, String> alone) {
    return (int)
        pictures.stream()
            .filter(picture -> !picture.hash().equals(alone.get(picture.request())))
            .count();
  }

  /** The kinds of errors, each with how many there were. */
  Map<String, Integer> errorsByKind() {
    return Collections.unmodifiableMap(errors);
  }

  void putInto(ObjectNode node) {
    node.put("requests", sent);
    node.put("pictures", pictures());
    node.put("clientsThatLeft", left);
    node.put("lost", lost());
    node.put("seconds", BenchReport.rounded(duration));
    node.put("picturesPerSecond", BenchReport.rounded(throughput()));
    node.put("p50Seconds", BenchReport.rounded(percentile(50)));
    node.put("p95Seconds", BenchReport.rounded(percentile(95)));
    node.put("p99Seconds", BenchReport.rounded(percentile(99)));
    ObjectNode kinds = node.putObject("errors");
    errors.forEach(kinds::put);
  }
}
