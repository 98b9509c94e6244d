package org.viditq.serve.http;

import java.net.URI;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.viditq.serve.error.ApiException;

/**
 * Keeps web pages of others from using a server that needs no key: a browser on the same machine
 * could be made to ask it.
 *
 * <p>A browser names the page that a request comes from in Origin, which must be this server's own.
 * A name that points to this machine only now (DNS rebinding) would be the page's own too, so that
 * a server without keys is asked by the names of this machine, the one that it listens to, or its
 * public one, and no other.
 */
final class Origins {
  private static final Set<String> THIS_MACHINE = Set.of("localhost", "127.0.0.1", "[::1]");

  private final boolean keys;
  private final String host;
  private final Optional<URI> publicUrl;

  /**
   * @param keys whether requests need one
   * @param host what it listens to, with brackets where it has colons
   * @param publicUrl what clients reach the server by
   */
  Origins(boolean keys, String host, Optional<String> publicUrl) {
    this.keys = keys;
    this.host = host.toLowerCase(Locale.ROOT);
    this.publicUrl = publicUrl.map(url -> url.toLowerCase(Locale.ROOT)).map(URI::create);
  }

  /**
   * @param host the header of that name
   * @param origin the header of that name
   * @throws ApiException if a page of others is behind the request
   */
  void require(Optional<String> host, Optional<String> origin) {
    String authority = host.orElse("").toLowerCase(Locale.ROOT);
    if (!keys && !isKnown(authority)) {
      throw ApiException.forbidden(
          "This server is asked as localhost or by its --public-url, and by no other name.");
    }
    if (origin.isPresent() && !isOwn(origin.get().toLowerCase(Locale.ROOT), authority)) {
      throw ApiException.forbidden("Pages of other servers may not ask this one.");
    }
  }

  private boolean isKnown(String authority) {
    String name = authority.replaceAll(":[0-9]{1,5}$", "");
    return THIS_MACHINE.contains(name)
        || name.equals(host)
        || publicUrl.filter(url -> authority.equals(url.getAuthority())).isPresent();
  }

  private boolean isOwn(String origin, String authority) {
    return origin.equals("http://" + authority)
        || publicUrl
            .filter(url -> origin.equals(url.getScheme() + "://" + url.getAuthority()))
            .isPresent();
  }
}
