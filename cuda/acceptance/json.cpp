#include "json.h"

#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <stdexcept>

namespace acceptance {
namespace {

std::string quoted(const std::string& value) {
  std::string result = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
      result += escape;
    } else {
      result += c;
    }
  }
  return result + '"';
}

}  // namespace

void JsonWriter::begin(const std::string& key) {
  if (!first_) text_ += ',';
  if (!text_.empty()) text_ += '\n' + std::string(static_cast<size_t>(depth_) * 2, ' ');
  if (!key.empty()) text_ += quoted(key) + ": ";
  first_ = false;
}

void JsonWriter::open(const std::string& key, char bracket) {
  begin(key);
  text_ += bracket;
  depth_++;
  first_ = true;
}

void JsonWriter::close(char bracket) {
  depth_--;
  if (!first_) text_ += '\n' + std::string(static_cast<size_t>(depth_) * 2, ' ');
  text_ += bracket;
  first_ = false;
  if (depth_ == 0) text_ += '\n';
}

void JsonWriter::text(const std::string& key, const std::string& value) {
  begin(key);
  text_ += quoted(value);
}

void JsonWriter::number(const std::string& key, double value) {
  begin(key);
  char digits[32] = "null";
  if (std::isfinite(value)) std::snprintf(digits, sizeof digits, "%.6g", value);
  text_ += digits;
}

void JsonWriter::integer(const std::string& key, int64_t value) {
  begin(key);
  text_ += std::to_string(value);
}

void JsonWriter::boolean(const std::string& key, bool value) {
  begin(key);
  text_ += value ? "true" : "false";
}

void record_run(JsonWriter& json, const std::string& command, const std::string& commit,
                const std::string& machine) {
  const std::time_t time = std::time(nullptr);
  char date[32];
  std::strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", std::gmtime(&time));
  json.text("command", command);
  json.text("commit", commit);
  json.text("machine", machine);
  json.text("date", date);
}

void write_whole(const std::string& path, const std::string& text) {
  const std::string temporary = path + "." + std::to_string(getpid());
  std::ofstream file(temporary, std::ios::binary);
  file << text;
  file.close();
  if (!file || std::rename(temporary.c_str(), path.c_str()) != 0) {
    std::remove(temporary.c_str());
    throw std::runtime_error("Cannot write " + path +
                             "; name a file in a folder that exists and can be written.");
  }
}

}  // namespace acceptance
