package org.viditq.core.workers;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.util.Base64;

/**
 * Units of work for a cluster, as the process that submits them is told on the first line of its
 * standard input. What follows are lines as a worker gets.
 *
 * @param master address of the cluster
 * @param folder of partial results on this machine
 * @param fingerprint of the units
 * @param command that starts a worker on the cluster's machines
 */
public record ClusterJob(String master, String folder, String fingerprint, WorkerCommand command)
    implements Serializable {
  private static final long serialVersionUID = 1;

  /** As one line. */
  public String toLine() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream objects = new ObjectOutputStream(bytes)) {
      objects.writeObject(this);
    } catch (IOException impossible) {
      throw new IllegalStateException(impossible);
    }
    return Base64.getEncoder().encodeToString(bytes.toByteArray());
  }

  /** From a line of the process that started this one. */
  public static ClusterJob ofLine(String line) throws IOException {
    try (ObjectInputStream objects =
        new ObjectInputStream(new ByteArrayInputStream(Base64.getDecoder().decode(line)))) {
      return (ClusterJob) objects.readObject();
    } catch (ClassNotFoundException | ClassCastException other) {
      throw new IOException(other);
    }
  }
}
