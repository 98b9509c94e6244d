package org.viditq.serve.http;

import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.ee10.servlet.ServletContextRequest;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.io.SocketChannelEndPoint;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.thread.Scheduler;

/**
 * A connection that can tell whether its client is still there while a request is worked on, and
 * that ends clients who take too long to send one.
 *
 * <p>Jetty does not read from a connection between a request and its answer, so it does not see
 * that the client has closed it. {@link #isGone} tries to read one byte: end of file is a client
 * that has left; a byte of a further request is kept and handed out when Jetty reads again.
 *
 * <p>Jetty's idle timeout begins anew with every byte, so that one byte in a while holds a
 * connection for ever; here all of a request must arrive within a time.
 */
final class WatchedConnection extends SocketChannelEndPoint {
  private final ByteBuffer kept = ByteBuffer.allocate(1).limit(0);
  private final long receiveSeconds;
  private final Scheduler scheduler;
  private final Executor executor;
  private Scheduler.Task receiveLimit;
  private boolean received;
  private boolean gone;

  /**
   * @param receiveSeconds within which a request must arrive, from its first byte on
   */
  WatchedConnection(
      SocketChannel channel,
      ManagedSelector selector,
      SelectionKey key,
      Scheduler scheduler,
      Executor executor,
      long receiveSeconds) {
    super(channel, selector, key, scheduler);
    this.scheduler = scheduler;
    this.executor = executor;
    this.receiveSeconds = receiveSeconds;
  }

  /** The connection that a request came on. */
  static WatchedConnection of(HttpServletRequest request) {
    return (WatchedConnection)
        ServletContextRequest.getServletContextRequest(request)
            .getConnectionMetaData()
            .getConnection()
            .getEndPoint();
  }

  /** Says that all of a request is here: the time for the next begins with its first byte. */
  synchronized void received() {
    received = true;
    stopClock();
  }

  /** Says that a request was answered, so that bytes from now on belong to another. */
  synchronized void answered() {
    received = false;
    stopClock();
  }

  /** Whether all of the request that is being worked on is here. */
  synchronized boolean isReceived() {
    return received;
  }

  private void stopClock() {
    if (receiveLimit != null) {
      receiveLimit.cancel();
      receiveLimit = null;
    }
  }

  /** Whether the client has closed the connection, or it broke; only after {@link #received}. */
  synchronized boolean isGone() {
    if (gone || !isOpen()) {
      return true;
    }
    if (kept.hasRemaining()) {
      return false;
    }
    kept.clear();
    int read;
    try {
      read = getChannel().read(kept);
    } catch (IOException broken) {
      read = -1;
    }
    kept.flip();
    gone = read < 0;
    if (read > 0 && isFillInterested()) {
      executor.execute(getFillInterest()::fillable); // Jetty would wait for a byte that is here
    }
    return gone;
  }

  @Override
  public synchronized int fill(ByteBuffer buffer) throws IOException {
    int filled;
    if (kept.hasRemaining()) {
      int position = BufferUtil.flipToFill(buffer);
      buffer.put(kept);
      BufferUtil.flipToFlush(buffer, position);
      filled = 1;
    } else {
      filled = super.fill(buffer);
    }
    if (filled > 0 && !received && receiveLimit == null) {
      startClock();
    }
    return filled;
  }

  private void startClock() {
    receiveLimit = scheduler.schedule(this::tooSlow, receiveSeconds, TimeUnit.SECONDS);
  }

  private void tooSlow() {
    synchronized (this) {
      if (received) {
        return;
      }
      if (!isFillInterested()) {
        startClock(); // It is this machine that is slow: nobody waits for bytes.
        return;
      }
    }
    close(new TimeoutException("The request did not arrive in time."));
  }

  @Override
  protected void needsFillInterest() {
    boolean waiting;
    synchronized (this) {
      waiting = kept.hasRemaining();
    }
    if (waiting) {
      executor.execute(getFillInterest()::fillable);
    } else {
      super.needsFillInterest();
    }
  }

  @Override
  public void onClose(Throwable cause) {
    synchronized (this) {
      stopClock();
    }
    super.onClose(cause);
  }
}
