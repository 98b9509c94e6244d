package org.viditq.core.io;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** The hash that files and settings are told apart by. */
public final class Sha256 {
  private Sha256() {}

  /** A new computation. */
  public static MessageDigest begin() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("Every Java platform has SHA-256.", impossible);
    }
  }
}
