    impl FromJson for crate::ListNode {
        fn from_json(json: &Json) -> Self {
            let mut next = None;
            for item in items(json)[1..].iter().rev() { let mut node = Box::new(crate::ListNode::new(FromJson::from_json(item))); node.next = next; next = Some(node) }
            let mut first = crate::ListNode::new(FromJson::from_json(&items(json)[0]));
            first.next = next;
            first
        }
        fn is_absent(json: &Json) -> bool { match json { Json::Null => true, Json::List(items) => items.is_empty(), _ => false } }
    }
    impl ToJson for crate::ListNode {
        fn to_json(&self) -> String {
            let mut said = vec![];
            let mut node = Some(self);
            while let Some(one) = node { said.push(one.val.to_json()); node = one.next.as_deref() }
            format!("[{}]", said.join(","))
        }
        fn absent() -> String { "[]".into() }
    }
