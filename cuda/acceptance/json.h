// Writing JSON, and writing files whole or not at all.
#pragma once

#include <cstdint>
#include <string>

namespace acceptance {

// Appends values in the order in which they stand in the document. Keys are for members of objects,
// and empty for elements of arrays and for the document itself.
class JsonWriter {
 public:
  void open_object(const std::string& key = "") { open(key, '{'); }
  void close_object() { close('}'); }
  void open_array(const std::string& key = "") { open(key, '['); }
  void close_array() { close(']'); }
  void text(const std::string& key, const std::string& value);
  // Null if not finite, for which JSON has no number.
  void number(const std::string& key, double value);
  void integer(const std::string& key, int64_t value);
  void boolean(const std::string& key, bool value);

  // The document; all objects and arrays are to be closed.
  const std::string& str() const { return text_; }

 private:
  void open(const std::string& key, char bracket);
  void close(char bracket);
  void begin(const std::string& key);

  std::string text_;
  int depth_ = 0;
  bool first_ = true;
};

// Members that say where the rest of the open object comes from: command, commit, machine, date
// (UTC).
void record_run(JsonWriter& json, const std::string& command, const std::string& commit,
                const std::string& machine);

// Writes to a temporary file beside `path` and moves it there. Throws std::runtime_error, one
// sentence.
void write_whole(const std::string& path, const std::string& text);

}  // namespace acceptance
