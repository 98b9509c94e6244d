package org.viditq.serve.http;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.javalin.Javalin;
import io.javalin.compression.CompressionStrategy;
import io.javalin.config.JavalinConfig;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.HttpResponseException;
import io.javalin.router.Endpoint;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.jetty.ee10.servlet.ServletContextRequest;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.io.SocketChannelEndPoint;
import org.eclipse.jetty.server.ConnectionLimit;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.viditq.core.error.ViditqException;
import org.viditq.serve.error.ApiException;
import org.viditq.serve.error.ErrorBody;
import org.viditq.serve.metrics.ServerMetrics;
import org.viditq.serve.model.ModelCatalog;
import org.viditq.serve.work.WorkQueue;

/** The routes, and what all of them have in common: keys, limits, errors. */
public final class ApiServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ApiServer.class);

  private static final long POLL_MILLISECONDS = 5;
  private static final int HEADER_BYTES = 8 * 1024;
  private static final int IDLE_MILLISECONDS = 30_000;
  private static final int MOST_IDLE_THREADS = 16;
  private static final int THREADS_BESIDE_CONNECTIONS = 16;
  private static final Set<String> OPEN = Set.of("/", "/healthz", "/readyz");
  private static final String PAGE = "/org/viditq/serve/page/index.html";

  private final ServerSettings settings;
  private final RequestLimits limits;
  private final WorkQueue queue;
  private final ServerMetrics metrics;
  private final ApiKeys keys;
  private final Origins origins;
  private final ModelCatalog catalog;
  private final ResultStore store;
  private final VideosEndpoint videos;
  private final ImagesEndpoint images;
  private final Javalin server;

  /** Requests whose answer is not written to its end. */
  private final AtomicInteger answering = new AtomicInteger();

  /** Not yet listening. */
  public ApiServer(
      ServerSettings settings,
      RequestLimits limits,
      ApiKeys keys,
      ModelCatalog catalog,
      WorkQueue queue,
      ServerMetrics metrics) {
    this.settings = settings;
    this.limits = limits;
    this.queue = queue;
    this.metrics = metrics;
    this.keys = keys;
    this.origins = new Origins(keys.isNeeded(), host(), settings.publicUrl());
    this.catalog = catalog;
    this.store = new ResultStore(settings.storeBytes(), settings.lifetime());
    GenerationFields generation = new GenerationFields(catalog, limits);
    this.videos =
        new VideosEndpoint(
            generation, limits, queue, metrics, settings.storeBytes(), settings.lifetime());
    this.images = new ImagesEndpoint(generation, limits, queue, store, this::publicUrl);
    metrics.gauge(
        "viditq.results.bytes", "Bytes of pictures that wait to be fetched.", store::bytes);
    this.server = Javalin.create(this::configure);
  }

  /** The address that it listens on may be none to reach it by, such as 0.0.0.0. */
  private String publicUrl(Context context) {
    return settings
        .publicUrl()
        .orElseGet(() -> "http://" + Objects.requireNonNullElse(context.header("Host"), address()));
  }

  /** Where it listens, HOST:PORT. */
  public String address() {
    return host() + ":" + port();
  }

  /** As addresses have it. */
  private String host() {
    return settings.host().contains(":") ? "[" + settings.host() + "]" : settings.host();
  }

  public int port() {
    return server.port();
  }

  private void configure(JavalinConfig config) {
    config.startup.showJavalinBanner = false;
    config.startup.showOldJavalinVersionWarning = false;
    config.startup.startupWatcherEnabled = false;
    config.http.compressionStrategy = CompressionStrategy.NONE;
    config.http.prefer405over404 = true;
    config.http.maxRequestSize = limits.bodyBytes();
    config.http.defaultContentType = "application/json";
    config.router.treatMultipleSlashesAsSingleSlash = false;
    // A thread per connection at most: they wait for results.
    QueuedThreadPool threads =
        new QueuedThreadPool(
            settings.connections() + THREADS_BESIDE_CONNECTIONS, MOST_IDLE_THREADS);
    threads.setName("viditq-http");
    config.jetty.threadPool = threads;
    config.jetty.modifyServer(
        jetty -> {
          jetty.addBean(new ConnectionLimit(settings.connections(), jetty));
          jetty.setErrorHandler(new PlainErrors());
        });
    config.jetty.addConnector(this::connector);
    routes(config.routes);
  }

  private Connector connector(Server jetty, HttpConfiguration http) {
    http.setSendServerVersion(false);
    http.setSendDateHeader(true);
    http.setRequestHeaderSize(HEADER_BYTES);
    ServerConnector connector =
        new ServerConnector(jetty, new HttpConnectionFactory(http)) {
          @Override
          protected SocketChannelEndPoint newEndPoint(
              SocketChannel channel, ManagedSelector selector, SelectionKey key) {
            SocketChannelEndPoint connection =
                new WatchedConnection(
                    channel,
                    selector,
                    key,
                    getScheduler(),
                    getExecutor(),
                    limits.receive().toSeconds());
            connection.setIdleTimeout(getIdleTimeout());
            return connection;
          }
        };
    connector.setHost(settings.host());
    connector.setPort(settings.port());
    connector.setIdleTimeout(IDLE_MILLISECONDS);
    return connector;
  }

  private void routes(RoutesConfig routes) {
    routes.before(this::begin);
    routes.get("/", ApiServer::page);
    routes.get("/healthz", context -> status(context, "ok"));
    routes.get("/readyz", this::ready);
    routes.get("/metrics", this::metrics);
    ModelsEndpoint models = new ModelsEndpoint(catalog, limits);
    routes.get("/v1/models", models::list);
    routes.get("/v1/models/{model}", models::get);
    routes.post(ImagesEndpoint.PATH, images::create);
    routes.get(StoredEndpoint.PREFIX + "{id}", new StoredEndpoint(store)::get);
    routes.post(VideosEndpoint.PATH, videos::create);
    routes.get(VideosEndpoint.PATH, videos::list);
    routes.get(VideosEndpoint.PATH + "/{id}", videos::get);
    routes.get(VideosEndpoint.PATH + "/{id}/content", videos::content);
    routes.delete(VideosEndpoint.PATH + "/{id}", videos::delete);
    routes.exception(HttpResponseException.class, this::failed);
    routes.exception(Exception.class, this::failed);
  }

  /** Before anything is read of a request but its head. */
  private void begin(Context context) {
    WatchedConnection connection = WatchedConnection.of(context.req());
    String method = context.req().getMethod().toUpperCase(Locale.ROOT);
    long start = System.nanoTime();
    answering.incrementAndGet();
    Request.addCompletionListener(
        ServletContextRequest.getServletContextRequest(context.req()),
        failure -> {
          metrics.request(method, route(context), context.statusCode(), System.nanoTime() - start);
          connection.answered();
          answering.decrementAndGet();
        });
    if (!method.equals("POST")) {
      connection.received();
    }
    context.header("X-Content-Type-Options", "nosniff");
    origins.require(
        Optional.ofNullable(context.header("Host")), Optional.ofNullable(context.header("Origin")));
    if (!isOpen(context.path())) {
      keys.require(Optional.ofNullable(context.header("Authorization")));
    }
    if (method.equals("POST") && queue.isDraining()) {
      throw ApiException.draining();
    }
  }

  /** Of a request that was matched with the routes. */
  private static String route(Context context) {
    Endpoint matched = context.endpoints().matchedHttpEndpoint();
    return matched == null ? "none" : matched.path;
  }

  /** Whether a path needs no key. What is not named here needs one, however it is written. */
  private static boolean isOpen(String path) {
    return OPEN.contains(path) || path.startsWith(StoredEndpoint.PREFIX);
  }

  private static void page(Context context) throws IOException {
    try (InputStream page = ApiServer.class.getResourceAsStream(PAGE)) {
      if (page == null) {
        throw ApiException.notFound(
            "There is no page here; this server answers at " + ImagesEndpoint.PATH + ".");
      }
      context.contentType("text/html; charset=utf-8");
      context.header("Content-Security-Policy", PagePolicy.HEADER);
      context.header("Cache-Control", "no-cache");
      context.result(page.readAllBytes());
    }
  }

  private void ready(Context context) {
    if (queue.isDraining()) {
      throw ApiException.draining();
    }
    status(context, "ready");
  }

  private static void status(Context context, String status) {
    Json.send(context, JsonNodeFactory.instance.objectNode().put("status", status));
  }

  private void metrics(Context context) {
    context.contentType(ServerMetrics.CONTENT_TYPE);
    context.result(metrics.scrape());
  }

  private void failed(Exception failure, Context context) {
    ApiException told = told(failure, context);
    metrics.error(told.code());
    if (context.res().isCommitted()) {
      return; // It was told as an event.
    }
    told.retryAfter()
        .ifPresent(seconds -> context.header("Retry-After", Integer.toString(seconds)));
    if (told.status() == 401) {
      context.header("WWW-Authenticate", "Bearer");
    }
    context.status(told.status());
    Json.send(context, ErrorBody.of(told));
    if (!WatchedConnection.of(context.req()).isReceived()) {
      context.header("Connection", "close"); // What is left of the body is nobody's business.
    }
  }

  private static ApiException told(Exception failure, Context context) {
    if (failure instanceof HttpResponseException routing) {
      return switch (routing.getStatus()) {
        case 405 ->
            ApiException.wrongMethod(
                "The path is not asked with " + context.req().getMethod() + " here.");
        case 413 -> ApiException.tooLarge("The body is larger than this server takes.");
        case 404 -> ApiException.notFound("There is nothing at this path.");
        default -> ApiException.invalid("The request is malformed.");
      };
    }
    if (!(failure instanceof ViditqException)) {
      LOG.error("A request failed: {}", failure.toString(), failure);
    }
    return ApiException.of(failure);
  }

  public void start() {
    server.start();
  }

  /** Waits until no request is being answered. */
  public void awaitAnswers(Duration patience) throws InterruptedException {
    long end = System.nanoTime() + patience.toNanos();
    while (answering.get() > 0 && System.nanoTime() - end < 0) {
      Thread.sleep(POLL_MILLISECONDS);
    }
  }

  /** Ends what is still open. */
  @Override
  public void close() {
    server.stop();
    videos.close();
  }
}
