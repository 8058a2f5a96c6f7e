// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace plimsoll::test {

/// What a walk through XML found.
struct XmlWalk {
  std::string error;                      ///< empty when the text is well-formed
  std::map<std::string, int> elements{};  ///< how many there are of each name
  std::set<std::string> ids{};
};

/// Walks through a document without comments, CDATA and processing instructions, which the report has none of, and with
/// a document type at most: tags that nest, one root, quoted attributes that are given once, entities that XML has, ids
/// that are unique. Stricter than XML where that is shorter.
inline XmlWalk walk_xml(std::string_view text) {
  XmlWalk walk{.error = {}};
  const auto fail = [&](const std::string& what, std::size_t at) {
    walk.error = what + " at \"" + std::string(text.substr(at, 60)) + "\"";
    return walk;
  };
  const auto is_name = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == ':';
  };
  const auto bad_entity = [](std::string_view part) {
    for (std::size_t at = part.find('&'); at != std::string_view::npos; at = part.find('&', at + 1)) {
      bool known = false;
      for (const char* entity : {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"}) {
        known = known || part.substr(at).starts_with(entity);
      }
      if (!known) return true;
    }
    return false;
  };
  std::vector<std::string> open;
  bool rooted = false;
  std::size_t at = text.starts_with("<!DOCTYPE html>\n") ? 16 : 0;
  while (at < text.size()) {
    if (text[at] != '<') {
      const std::size_t end = std::min(text.find('<', at), text.size());
      const std::string_view part = text.substr(at, end - at);
      if (open.empty() && part.find_first_not_of(" \n") != std::string_view::npos) return fail("text outside", at);
      if (bad_entity(part)) return fail("entity", at);
      if (part.find('>') != std::string_view::npos) return fail("> in text", at);
      at = end;
      continue;
    }
    const std::size_t begin = at++;
    const bool closing = at < text.size() && text[at] == '/';
    if (closing) ++at;
    std::string name;
    while (at < text.size() && is_name(text[at])) name += text[at++];
    if (name.empty()) return fail("no name", begin);
    if (closing) {
      if (at >= text.size() || text[at++] != '>') return fail("end tag", begin);
      if (open.empty() || open.back() != name) return fail("end of what is not open", begin);
      open.pop_back();
      continue;
    }
    if (open.empty() && rooted) return fail("a second root", begin);
    rooted = true;
    ++walk.elements[name];
    std::set<std::string> attributes;
    for (;;) {
      const std::size_t space = at;
      while (at < text.size() && (text[at] == ' ' || text[at] == '\n')) ++at;
      if (at < text.size() && (text[at] == '>' || text[at] == '/')) break;
      if (space == at) return fail("no space", begin);
      std::string attribute;
      while (at < text.size() && is_name(text[at])) attribute += text[at++];
      if (attribute.empty() || !attributes.insert(attribute).second) return fail("attribute", begin);
      if (!text.substr(at).starts_with("=\"")) return fail("unquoted attribute", begin);
      at += 2;
      const std::size_t end = text.find('"', at);
      if (end == std::string_view::npos) return fail("attribute without end", begin);
      const std::string_view value = text.substr(at, end - at);
      if (value.find('<') != std::string_view::npos || bad_entity(value)) return fail("attribute's value", begin);
      if (attribute == "id" && !walk.ids.insert(std::string(value)).second) return fail("an id twice", begin);
      at = end + 1;
    }
    if (text[at] == '/') {
      if (!text.substr(at).starts_with("/>")) return fail("empty tag", begin);
      at += 2;
    } else {
      ++at;
      open.push_back(name);
    }
  }
  if (!open.empty()) return fail("not closed: " + open.back(), 0);
  if (!rooted) return fail("no root", 0);
  return walk;
}

}  // namespace plimsoll::test
