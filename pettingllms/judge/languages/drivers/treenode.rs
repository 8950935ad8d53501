    type Tree = std::rc::Rc<std::cell::RefCell<crate::TreeNode>>;
    // The nodes of trees: arguments may name one by its value.
    thread_local! {
        static KNOWN: std::cell::RefCell<Vec<Tree>> = std::cell::RefCell::new(vec![]);
        static BY_VALUE: std::cell::Cell<bool> = std::cell::Cell::new(false);
    }
    impl FromJson for Tree {
        fn from_json(json: &Json) -> Self {
            if let Json::Number(digits) = json {
                BY_VALUE.with(|mark| mark.set(true));
                return KNOWN.with(|known| known.borrow().iter().rev().find(|node| node.borrow().val.to_json() == *digits).cloned()).expect("a value of the tree");
            }
            let make = |item: &Json| { let node: Tree = std::rc::Rc::new(std::cell::RefCell::new(crate::TreeNode::new(FromJson::from_json(item)))); KNOWN.with(|known| known.borrow_mut().push(node.clone())); node };
            let mut left = items(json).iter();
            let root = make(left.next().expect("a root"));
            let mut parents = VecDeque::from([root.clone()]);
            while let Some(parent) = parents.pop_front() {
                for is_left in [true, false] {
                    match left.next() {
                        None => return root,
                        Some(Json::Null) => (),
                        Some(item) => { let node = make(item); parents.push_back(node.clone()); if is_left { parent.borrow_mut().left = Some(node) } else { parent.borrow_mut().right = Some(node) } }
                    }
                }
            }
            root
        }
        fn is_absent(json: &Json) -> bool { match json { Json::Null => true, Json::List(items) => items.is_empty() || matches!(items[0], Json::Null), _ => false } }
    }
    impl ToJson for crate::TreeNode {
        fn to_json(&self) -> String {
            if BY_VALUE.with(|mark| mark.get()) { return self.val.to_json() }
            let mut said = vec![self.val.to_json()];
            let mut level = VecDeque::from([self.left.clone(), self.right.clone()]);
            while let Some(place) = level.pop_front() {
                if said.len() > 200000 { panic!("the nodes never end") }
                match place {
                    None => said.push("null".into()),
                    Some(node) => { let node = node.borrow(); said.push(node.val.to_json()); level.push_back(node.left.clone()); level.push_back(node.right.clone()) }
                }
            }
            while said.last().map_or(false, |one| one == "null") { said.pop(); }
            format!("[{}]", said.join(","))
        }
        fn absent() -> String { if BY_VALUE.with(|mark| mark.get()) { "null".into() } else { "[]".into() } }
    }
